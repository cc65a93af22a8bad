#include "stations.h"

int main(void)
{
    return stations_warmer("no such file", 0) == 0 ? 0 : 1;
}
