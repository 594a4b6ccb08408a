// How an export rounds weights to blocks.

internal import ArgumentParser
internal import Vocabulary
internal import Workbench

/// What says how much each column of a model's weights counts, and what is made of it.
struct CalibrationOptions: ParsableArguments {
    @Option(
        help: "What a quantised model is used for: a file of rows, or an importance matrix (.imatrix).",
        completion: .file())
    var calibrate: String?
    @Option(help: "The most tokens of these rows, spread over all of them.") var calibrateTokens: Int?
    @Option(
        help: "nearest: number by number; feedback: columns make up for what those before them lost.",
        completion: .list(Rounding.allCases.map(\.rawValue)))
    var rounding = Rounding.nearest.rawValue

    /// - Throws: `Failure` for a rule that is none.
    func calibration() throws -> ExportCalibration {
        try ExportCalibration(calibrate: calibrate, tokens: calibrateTokens, rounding: rounding)
    }
}
