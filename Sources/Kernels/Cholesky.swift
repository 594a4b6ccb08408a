// Cholesky's factors by LAPACK, whose matrices lie column by column: its lower triangle is the upper one of ours.

import COpenBLAS
import Tensors

enum Cholesky {
    /// The upper triangle of `matrix` `[C, C]`, symmetric, becomes U with UᵀU = matrix; false where it is not positive definite.
    static func factor(_ matrix: Matrix) -> Bool {
        var size = blasint(matrix.columns), info: blasint = 0
        spotrf_("L", &size, matrix.floatPointer, &size, &info, 1)
        return info == 0
    }

    /// The upper triangle of `matrix`, which `factor` gave of M, becomes that of M⁻¹.
    static func invert(_ matrix: Matrix) -> Bool {
        var size = blasint(matrix.columns), info: blasint = 0
        spotri_("L", &size, matrix.floatPointer, &size, &info, 1)
        return info == 0
    }
}
