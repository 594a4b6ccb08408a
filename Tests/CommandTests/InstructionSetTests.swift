// The same program on narrower machines: each instruction set forced on a process of its own, libraries included.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct InstructionSets {
        /// Narrowest first.
        private static let all = ["scalar", "avx2", "avx512", "avx512_bf16"]
        /// How far losses in fp32 may differ between instruction sets: their sums run in another order.
        private static let tolerance = 2e-5
        /// How far a loss computed in bf16 may be from fp32's.
        private static let bfloat16Tolerance = 4e-2

        private static func forced(_ limit: String, _ lathe: LatheCommand) -> LatheCommand {
            LatheCommand(folder: lathe.folder, environment: ["LATHE_ISA": limit])
        }

        /// What the machine can do without a limit.
        private static func offered(_ lathe: LatheCommand) throws -> String {
            try #require(forced("", lathe).json("doctor")["instruction_set"]?.string)
        }

        /// The limits that mean something here, narrowest first.
        private static func limits(_ lathe: LatheCommand) throws -> [String] {
            let widest = try #require(all.firstIndex(of: offered(lathe)))
            return Array(all[...widest].filter { $0 != "avx512_bf16" })
        }

        @Test func doctorReportsWhatIsForced() throws {
            try LatheCommand.inFolder { lathe in
                for limit in try Self.limits(lathe) {
                    let forced = Self.forced(limit, lathe)
                    let facts = try forced.json("doctor")
                    #expect(facts["instruction_set"]?.string == limit)
                    #expect(facts["precision"] == "fp32")
                    #expect(try forced("doctor").output.contains("LATHE_ISA=\(limit)"))
                    let libraries = try #require(facts["libraries"])
                    let openBLAS = try #require(libraries["OpenBLAS"]?.string)
                    switch limit {
                    case "scalar": #expect(openBLAS.contains("Nehalem"))
                    case "avx2": #expect(openBLAS.contains("Haswell"))
                    default: break
                    }
                }
            }
        }

        @Test func anUnknownWordIsRefused() throws {
            try LatheCommand.inFolder { lathe in
                try Self.forced("sse9", lathe)("doctor").expectFailure(64, "LATHE_ISA", "sse9", "avx2")
            }
        }

        @Test func rowsScoreTheSame() throws {
            try LatheCommand.inFolder { lathe in
                func losses(_ limit: String, _ precision: String) throws -> [Double] {
                    let outcome = try Self.forced(limit, lathe)(
                        "score", "--model", LatheCommand.gguf, "--data", "held.jsonl", "--json", "--set",
                        "model.precision=\(precision)")
                    try #require(outcome.code == 0, "\(outcome.errors)")
                    return try outcome.lines.compactMap { $0["loss"]?.double }
                }
                let reference = try losses("", "fp32")
                #expect(reference.count == 8)
                for limit in try Self.limits(lathe) {
                    for precision in ["fp32", "auto"] {
                        #expect(maximumDifference(try losses(limit, precision), reference) < Self.tolerance)
                    }
                    // bfloat16 works everywhere, if nowhere else as fast.
                    #expect(maximumDifference(try losses(limit, "bf16"), reference) < Self.bfloat16Tolerance)
                }
                #expect(maximumDifference(try losses("", "auto"), reference) < Self.bfloat16Tolerance)
            }
        }

        /// Six steps and an evaluation.
        @Test(arguments: ["fp32", "auto"]) func trainingEndsAtTheSameLoss(precision: String) throws {
            try LatheCommand.inFolder { lathe in
                func losses(_ limit: String, _ precision: String) throws -> [Double] {
                    let name = "run-\(limit)-\(precision)"
                    let report = try Self.forced(limit, lathe).json(
                        "train", "recipe.yaml", "--quiet", "--set", "name=\(name)", "--set",
                        "model.precision=\(precision)")
                    let steps = try lathe.text("checkpoints/\(name)/events.jsonl").split(separator: "\n")
                        .map { try JSONValue(parsing: String($0)) }.filter { $0["event"] == "step" }
                    return steps.compactMap { $0["loss"]?.double }
                        + [try #require(report["evaluation"]?["adapter"]?["loss"]?.double)]
                }
                let reference = try losses("", "fp32")
                #expect(reference.count == 7)
                for limit in try Self.limits(lathe) {
                    let found = try losses(limit, precision)
                    // Steps that follow each other carry a difference on.
                    #expect(maximumDifference(found, reference) < 20 * Self.tolerance)
                }
                if precision == "auto" {
                    #expect(maximumDifference(try losses("", "auto"), reference) < 2 * Self.bfloat16Tolerance)
                }
            }
        }

        /// The program itself is compiled for every x86-64: 256 and 512 bits wide are only the functions that are chosen at run
        /// time, and their names say so.
        @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: objdump)))
        func onlyChosenFunctionsAreWide() throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            // Each function that touches a register of 256 or 512 bits, once.
            process.arguments = [
                "-c",
                #""$0" -d --no-show-raw-insn "$1" | awk '/>:$/ { name = $2 } /%[yz]mm/ && !seen[name]++ { print name }'"#,
                Self.objdump, try #require(LatheCommand.executable).path,
            ]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let listing = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            let wide = listing.split(separator: "\n")
            #expect(wide.count > 20)
            #expect(wide.filter { !$0.contains("_avx") } == [])
        }

        private static let objdump = "/usr/bin/objdump"
    }
}
