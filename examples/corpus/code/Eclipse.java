/** Whether the Moon can hide the whole Sun. */
public final class Eclipse {
    private static final double SUN_DIAMETER_KM = 1_392_700;
    private static final double MOON_DIAMETER_KM = 3_474.8;

    private Eclipse() {}

    /** A total eclipse needs the Moon to look at least as wide as the Sun. */
    public static boolean canBeTotal(double sunDistanceKm, double moonDistanceKm) {
        return MOON_DIAMETER_KM / moonDistanceKm >= SUN_DIAMETER_KM / sunDistanceKm;
    }
}
