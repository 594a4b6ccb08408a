/// How an adapter changes its layers: the names that recipes use.
public enum AdapterMethodKind: String, Sendable, CaseIterable { case lora, dora, fold, ia3, vera, loha, lokr, adalora }
