package shared

// Route is the line that the ferry sails.
func Route() string { return "Harbour to Lighthouse" }
