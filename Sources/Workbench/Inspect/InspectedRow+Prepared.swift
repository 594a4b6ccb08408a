// A row of a prepared file.

internal import Datasets
internal import Foundation

extension InspectedRow {
    init(prepared path: String, _ request: ExampleInspection.Request) throws {
        if let first = request.overrides.first {
            throw Failure(
                .usage, "--set \(first): a prepared file holds its rows as they were made",
                hint: "leave it out, or look at the recipe's rows: lathe inspect RECIPE --example \(request.number)")
        }
        let file = try PreparedFile(named: path)
        let side = request.isHeldOut ? "held-out" : "training"
        guard let sequences = request.isHeldOut ? file.heldOut : file.train else {
            throw Self.outOfRange(request, 0, side)
        }
        let numbers = try sequences.rowIndices()
        let wanted = numbers.indices.filter { numbers[$0] == request.number }
        guard !wanted.isEmpty else {
            throw Failure(
                .usage, "\(path: path) has no sequence of \(side) row \(request.number)",
                hint: numbers.last.map {
                    "rows are numbered from 0, the last one is \($0); rows that were left out have no sequence"
                })
        }
        let preparation = try Session(model: request.model ?? file.model).preparation()
        examples = try wanted.map { try sequences.example($0) }
        remarks = []
        place = sequences.place(wanted[0])
        limit = nil
        model = preparation.opened.path
        tokens = preparation.tokens
        self.side = side
    }
}
