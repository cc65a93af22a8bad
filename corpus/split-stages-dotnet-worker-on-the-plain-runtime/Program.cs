var names = File.ReadAllLines("recipients.txt");
Directory.CreateDirectory("outbox");
File.WriteAllText(Path.Combine("outbox", "last.txt"), names[0]);
Console.WriteLine($"mail to {names[0]}");
