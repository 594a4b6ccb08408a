// Rows that are answered with a class, classes or a number: `text` and `label`.

internal import JSON

extension RowDecoder {
    /// The text of a row of which nothing else is known, made by the template where there is one.
    public func text(of record: SourceRow) throws(DatasetError) -> String {
        var record = record
        try templates?.apply(to: &record)
        return try filled(text("text", record), "text", record)
    }

    /// A row of `text` and `label` for a task.
    func labelled(_ record: SourceRow, _ index: Int, _ task: RowTask) throws(DatasetError) -> DataRow {
        let text = try filled(text("text", record), "text", record)
        var row = DataRow(content: .document(text), place: record.place, index: index)
        if task.kind == .regress {
            row.answer = .number(try number(record))
        } else if task.isMultiLabel {
            row.answer = .classes(try classes(record))
        } else {
            let label = try label(record)
            row.label = label
            row.answer = .classes([label])
        }
        return row
    }

    /// The field that holds what is wanted of a row: `label`, or `labels` where that is there alone.
    func labelField(_ record: SourceRow) -> String {
        let name = columns["label"] ?? "label"
        return columns["label"] == nil && record.fields[name] == nil && record.fields["labels"] != nil ? "labels" : name
    }

    private func classes(_ record: SourceRow) throws(DatasetError) -> [String] {
        let name = labelField(record)
        guard let value = record.fields[name], !value.isNull else { throw missing(name, record) }
        guard let elements = value.parsedArray else {
            throw wrong("\"\(name)\" must be a list of labels, found \(value.typeName)", record)
        }
        var classes: [String] = []
        for element in elements {
            let label = try self.label(element, name, record)
            guard !classes.contains(label) else {
                throw wrong("\"\(name)\" names the label \"\(label)\" twice", record)
            }
            classes.append(label)
        }
        return classes
    }

    private func number(_ record: SourceRow) throws(DatasetError) -> Double {
        let name = labelField(record)
        guard let value = record.fields[name], !value.isNull else { throw missing(name, record) }
        let number = value.double ?? value.string.flatMap { Double($0.trimmingWhiteSpace) }
        guard let number, number.isFinite, Float(number).isFinite else {
            throw wrong("\"\(name)\" must be a number, found \(value.text())", record)
        }
        return number
    }
}
