/* The temperature that a planet without air would have. */
#include <math.h>

/* Kelvin from the distance in astronomical units and the share of light thrown back. */
double equilibrium_temperature(double distance_au, double albedo) {
    return 278.5 * pow(1.0 - albedo, 0.25) / sqrt(distance_au);
}
