var app = WebApplication.CreateBuilder(args).Build();
app.MapGet("/", () => "ledger: 3 entries\n");
app.Run();
