var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();

app.MapGet("/", () => 12.5m.ToString("C", new System.Globalization.CultureInfo("de-DE")));
app.Run();
