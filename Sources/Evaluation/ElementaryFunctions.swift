// The functions that the metrics take from the C library.

import Foundation

func exponential(_ x: Double) -> Double { exp(x) }
func logarithm(_ x: Double) -> Double { log(x) }
func binaryLogarithm(_ x: Double) -> Double { log2(x) }
/// 1 − erf(x), exact where that is close to 0.
func complementaryErrorFunction(_ x: Double) -> Double { erfc(x) }
