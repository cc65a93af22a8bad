using System;
using System.Globalization;

Console.WriteLine(DateTime.Now.ToString("D", new CultureInfo("de-DE")));
