#include "config.h"
#include "stations.h"

#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *body, size_t *size, void **state)
{
    (void)context; (void)url; (void)version; (void)body; (void)size; (void)state;
    if (strcmp(method, "GET") != 0)
        return MHD_NO;
    const char *least = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "least");
    char *text = stations_warmer(STATIONS, least ? atof(least) : -100.0);
    if (text == NULL)
        return MHD_NO;
    struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static void stop(int number)
{
    (void)number;
    _exit(0);
}

int main(void)
{
    signal(SIGTERM, stop);
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, PORT, NULL, NULL, &answer, NULL, MHD_OPTION_END);
    if (daemon == NULL)
        return 1;
    printf("stationd %s listens on %d\n", VERSION, PORT);
    fflush(stdout);
    for (;;)
        pause();
}
