// Package escape computes the speed that leaves a body for good.
package escape

import "math"

// GravitationalConstant in cubic metres per kilogram and square second.
const GravitationalConstant = 6.6743e-11

// Velocity gives metres per second for a mass in kilograms and a radius in metres.
func Velocity(mass, radius float64) float64 {
	return math.Sqrt(2 * GravitationalConstant * mass / radius)
}
