// LATHE_ISA for what decides before the first line of ours runs.

internal import Foundation
internal import Kernels

/// Makes `LATHE_ISA` hold for OpenBLAS, which chooses its kernels while it is loaded.
public enum InstructionSetLimit {
    private static let variable = "LATHE_ISA"

    /// OpenBLAS's names for CPUs that have no more than `LATHE_ISA` allows.
    private static let coreTypes = ["scalar": "Nehalem", "avx2": "Haswell"]

    /// Starts the program anew, once and under the same process number, where OpenBLAS would use more than `LATHE_ISA` allows.
    /// - Throws: where `LATHE_ISA` holds a word that is no instruction set.
    public static func apply() throws {
        let environment = ProcessInfo.processInfo.environment
        guard let word = environment[variable], !word.isEmpty else { return }
        guard let forced = Processor.forcedInstructionSet else {
            throw Failure(
                .usage, "\(variable) is '\(word)'",
                hint: "one of " + Processor.instructionSetLimits.joined(separator: ", "))
        }
        guard let coreType = coreTypes[forced], environment["OPENBLAS_CORETYPE"] != coreType,
            setenv("OPENBLAS_CORETYPE", coreType, 1) == 0
        else { return }
        var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
        execv("/proc/self/exe", &arguments)
        // Where that cannot be, OpenBLAS stays as it is, which `doctor` shows.
        arguments.forEach { free($0) }
    }
}
