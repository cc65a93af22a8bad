#include <libxml/parser.h>
#include <stdio.h>

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    xmlDocPtr document = xmlReadFile(argv[1], NULL, 0);
    if (document == NULL) return 1;
    int crates = 0;
    for (xmlNodePtr node = xmlDocGetRootElement(document)->children; node != NULL; node = node->next)
        crates += node->type == XML_ELEMENT_NODE;
    printf("%d crates\n", crates);
    xmlFreeDoc(document);
    return 0;
}
