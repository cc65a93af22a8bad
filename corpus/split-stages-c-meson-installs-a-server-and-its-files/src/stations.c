#include "stations.h"

#include <jansson.h>

char *stations_warmer(const char *path, double least)
{
    json_error_t error;
    json_t *all = json_load_file(path, 0, &error);
    if (all == NULL)
        return NULL;
    json_t *warm = json_array();
    size_t index;
    json_t *station;
    json_array_foreach(all, index, station) {
        if (json_number_value(json_object_get(station, "celsius")) >= least)
            json_array_append(warm, station);
    }
    char *text = json_dumps(warm, JSON_COMPACT);
    json_decref(warm);
    json_decref(all);
    return text;
}
