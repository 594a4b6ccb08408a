import CKernels
import Tensors

extension DType {
    /// The number under which the loops know the type of blocks.
    var cFormat: lathe_format {
        let formats: [DType: lathe_format] = [
            .q4_0: LATHE_Q4_0, .q4_1: LATHE_Q4_1, .q5_0: LATHE_Q5_0, .q5_1: LATHE_Q5_1, .q8_0: LATHE_Q8_0,
            .q2_K: LATHE_Q2_K, .q3_K: LATHE_Q3_K, .q4_K: LATHE_Q4_K, .q5_K: LATHE_Q5_K, .q6_K: LATHE_Q6_K,
            .iq4_NL: LATHE_IQ4_NL, .iq4_XS: LATHE_IQ4_XS,
        ]
        return formats[self] ?? LATHE_Q_F32
    }
}
