// Chinese names: before titles ("李晓明医生"), after labels ("姓名：欧阳娜娜") and where people say who they are.

extension PersonalDataScanner {
    /// Family names of one character; those of `ambiguousFamilies` are common words too and need a given name.
    private static let families = characters(
        "王李张刘陈杨赵黄周吴徐孙胡朱林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田姜范石姚谭廖邹熊金陆郝孔崔康毛邱秦江史顾侯邵孟"
            + "龙段雷钱汤尹黎易武乔贺赖龚樊兰殷施陶洪翟颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂焦向柳邢岳齐梅莫庄辛管祝左涂谷祁耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫屈"
            + "鲍位覃霍翁隋甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖"
            + "付闫肖高方任于常文白万安时")
    private static let ambiguousFamilies = characters("于任方关常时文万全安成路单包位解来时向计连华车房边管阳商古木党高白左强")
    private static let doubleFamilies = [
        "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "端木", "宇文", "长孙",
    ]
    .map { Array($0.utf8) }
    private static let titles = [
        "医生", "大夫", "主任", "护士", "护师", "教授", "院长", "先生", "女士", "小姐", "太太", "老师", "同学", "阿姨", "叔叔", "大爷", "大妈", "奶奶",
        "爷爷", "律师", "经理",
        "医师", "博士", "警官", "师傅",
    ].map { Array($0.utf8) }
    /// A name stands after these, whatever it is.
    private static let labels = [
        "患者姓名", "病人姓名", "姓名", "联系人", "收件人", "收货人", "主治医师", "主治医生", "主管医生", "经治医师", "医师签名", "医生签名", "签名", "签字", "监护人",
        "紧急联系人", "持卡人",
        "我叫", "名叫", "叫做", "名字是", "名字叫", "名字", "曾用名", "经办人", "负责人", "申请人", "委托人", "投保人", "被保险人",
    ].map { Array($0.utf8) }
    /// A name stands after these where it begins with a family name and ends with the phrase.
    private static let openers = ["患者", "病人", "患儿", "我是", "客户", "家属", "本人", "母亲", "父亲", "妻子", "丈夫", "儿子", "女儿"].map {
        Array($0.utf8)
    }
    /// What goes on after a name.
    private static let followers = characters("男女因于的在来是有住今年说患已被将从向对和与先主您你我他她谢也就要想请可")
    /// Before these a family name alone is a part of a word: "这周医生", "主任医生".
    private static let bindings = characters("这上下每本一两二三四五整主责担前现双院对地官由关至处平有")

    private static func characters(_ text: String) -> Set<[UInt8]> { Set(text.map { Array(String($0).utf8) }) }

    mutating func scanChineseNames() {
        guard text.contains(where: { (0xE4...0xE9).contains($0) }) else { return }
        var position = 0
        while position < text.count {
            guard text[position] >= 0xE4 else {
                position += 1
                continue
            }
            if let label = Self.labels.first(where: { starts($0, at: position) }) {
                position = claimLabelled(behind: position + label.count)
            } else if let opener = Self.openers.first(where: { starts($0, at: position) }) {
                position += opener.count
                claimOpened(at: position)
            } else if let title = Self.titles.first(where: { starts($0, at: position) }) {
                claimTitled(endingAt: position)
                position += title.count
            } else {
                position += 3
            }
        }
    }

    private func character(at position: Int) -> [UInt8]? {
        guard position >= 0, position + 3 <= text.count, (0xE4...0xE9).contains(text[position]) else { return nil }
        return Array(text[position..<position + 3])
    }

    private func hanCount(from position: Int, limit: Int) -> Int {
        var count = 0
        while count < limit, character(at: position + count * 3) != nil { count += 1 }
        return count
    }

    private func familyCount(at position: Int) -> Int {
        if Self.doubleFamilies.contains(where: { starts($0, at: position) }) { return 2 }
        return character(at: position).map { Self.families.contains($0) } ?? false ? 1 : 0
    }

    /// "姓名：张三丰": up to four characters; where they go on, as many as a name has.
    private mutating func claimLabelled(behind start: Int) -> Int {
        var position = start
        var sawSign = false
        while position < text.count, position - start < 12 {
            if " :=\t\"".utf8.contains(text[position]) {
                position += 1
                sawSign = sawSign || text[position - 1] != 0x20
            } else if starts("：", at: position) || starts("是", at: position) || starts("为", at: position)
                || starts("叫", at: position)
            {
                position += 3
                sawSign = true
            } else {
                break
            }
        }
        let family = familyCount(at: position)
        let count = hanCount(from: position, limit: 6)
        // Without a sign between ("姓名登记") only a family name makes it one.
        guard count >= 2, sawSign || family > 0 else { return position }
        let isWhole = count <= 4 && (family > 0 || sawSign)
        let length = isWhole ? count : family > 0 ? openedCount(at: position, family: family) : nil
        guard let length else { return position }
        let end = position + length * 3
        claim(.name, position..<end)
        return end
    }

    /// "患者张伟，男": a family name and one or two characters, and then the phrase ends or goes on with a usual word.
    private mutating func claimOpened(at start: Int) {
        var position = start
        if starts("：", at: position) { position += 3 } else if byte(position) == UInt8(ascii: ":") { position += 1 }
        let family = familyCount(at: position)
        guard family > 0, let length = openedCount(at: position, family: family) else { return }
        // "患者安静", "病人全麻": what may be a word needs two characters after it.
        if length == 2, character(at: position).map({ Self.ambiguousFamilies.contains($0) }) ?? true { return }
        claim(.name, position..<position + length * 3)
    }

    private func openedCount(at position: Int, family: Int) -> Int? {
        for given in [2, 1] {
            let end = position + (family + given) * 3
            guard hanCount(from: position, limit: family + given) == family + given else { continue }
            guard let next = character(at: end) else { return family + given }
            if Self.followers.contains(next) { return family + given }
        }
        return nil
    }

    /// "李晓明医生", "王医生".
    private mutating func claimTitled(endingAt end: Int) {
        for count in [4, 3, 2, 1] {
            let start = end - count * 3
            guard start >= 0, hanCount(from: start, limit: count) == count else { continue }
            let family = familyCount(at: start)
            guard family > 0, count - family <= 2 else { continue }
            if count == 4, family == 1 { continue }
            if count == 1 {
                let isBound = character(at: start - 3).map { Self.bindings.contains($0) } ?? false
                if isBound || character(at: start).map({ Self.ambiguousFamilies.contains($0) }) ?? true { continue }
            }
            // A family name in the midst of a phrase begins no name of three: "我们张医生".
            if count > 1, family == 1, isPhrase(start + 3, end) { continue }
            claim(.name, start..<end)
            return
        }
    }

    /// Whether what stands there are words that go before a title, and no given name.
    private func isPhrase(_ start: Int, _ end: Int) -> Bool {
        ["主治", "副主", "值班", "家庭", "全科", "科的", "的", "位", "个", "是", "问", "请", "找", "科", "院", "区", "室", "和", "与", "班", "专"]
            .contains { word in
                var position = start
                while position + word.utf8.count <= end {
                    if starts(word, at: position) { return true }
                    position += 3
                }
                return false
            }
    }
}
