module.exports = () => "low water at 17:40";
