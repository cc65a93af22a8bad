using Microsoft.AspNetCore.Mvc;

namespace Gallery.Controllers
{
    public class HomeController : Controller
    {
        public IActionResult Index() => View();
    }
}
