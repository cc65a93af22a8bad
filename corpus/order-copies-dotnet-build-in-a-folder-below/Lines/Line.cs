namespace Lines
{
    public static class Line
    {
        public static string In(string city) => "trams in " + city;
    }
}
