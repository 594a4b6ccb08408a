// A row of a prepared file.

internal import Datasets
internal import Foundation

extension InspectedRow {
    init(prepared path: String, _ request: ExampleInspection.Request) throws {
        let file: PreparedFile
        do throws(PreparedFault) { file = try PreparedFile(URL(fileURLWithPath: path)) } catch {
            throw Failure(.badInput, "\(path): \(error)", hint: "lathe prepare makes it anew")
        }
        let side = request.isHeldOut ? "held-out" : "training"
        guard let sequences = request.isHeldOut ? file.heldOut : file.train else {
            throw Self.outOfRange(request, 0, side)
        }
        let numbers = try sequences.rowIndices()
        let wanted = numbers.indices.filter { numbers[$0] == request.number }
        guard !wanted.isEmpty else {
            throw Failure(
                .usage, "\(path) has no sequence of \(side) row \(request.number)",
                hint: numbers.last.map {
                    "rows are numbered from 0, the last one is \($0); rows that were left out have no sequence"
                })
        }
        let opened = try OpenedModel(request.model ?? file.model)
        let preparation = try RowPreparation(
            ResolvedRecipe(model: opened.path, data: nil, overrides: request.overrides).recipe.data, opened)
        examples = try wanted.map { try sequences.example($0) }
        remarks = []
        place = sequences.place(wanted[0])
        limit = nil
        model = opened.path
        tokens = preparation.tokens
        self.side = side
    }
}
