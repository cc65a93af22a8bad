void greet(const char *name);

int main(void)
{
	greet("fedora");
	return 0;
}
