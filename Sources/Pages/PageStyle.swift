// The page's looks: light and dark, wide and narrow, screen and paper.

/// Styles of the page.
enum PageStyle {
    static let source: StaticString = """

        :root { color-scheme: light dark; --paper: #fbfaf7; --card: #fff; --ink: #1f2326; --soft: #5c666d; --line: #dcd8cf;
          --kept: #0f766e; --kept-back: #cdeee6; --context: #b9c2c6; --cut: #c2410c; --added: #4f6fd0; --held: #8a63b8; --warn-back: #fdf1dc;
          --warn: #8a4b00; --ins: #d3efdc; --del: #f9dcd5; }
        @media (prefers-color-scheme: dark) { :root { --paper: #15181a; --card: #1c2023; --ink: #e7e4dd; --soft: #9aa5ab;
          --line: #343a3e; --kept: #4cc9b8; --kept-back: #17453f; --context: #566067; --cut: #f08a5d; --added: #8fa8f5; --held: #b99ae0;
          --warn-back: #3a2c14; --warn: #f3c982; --ins: #1d4a30; --del: #562a20; } }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
        body { margin: 0 auto; max-width: 62rem; padding: 0 1.25rem 4rem; background: var(--paper); color: var(--ink);
          font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", sans-serif; overflow-wrap: anywhere; }
        h1, h2, h3, h4, p, dl, ol, ul, figure { margin: 0; }
        h1 { font-size: 2.1rem; line-height: 1.15; letter-spacing: -0.02em; }
        h2 { font-size: 1.35rem; line-height: 1.25; letter-spacing: -0.01em; margin-bottom: 0.9rem; }
        h3 { font-size: 1rem; line-height: 1.35; margin: 1.1rem 0 0.4rem; }
        h4 { font-size: 0.85rem; font-weight: 600; color: var(--soft); }
        small { font-size: 0.9rem; font-weight: 400; color: var(--soft); letter-spacing: 0; margin-left: 0.6rem; }
        code { font: 0.86em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono", monospace; }
        a { color: inherit; }
        a:focus-visible, summary:focus-visible, .tokens:focus-visible, .table:focus-visible { outline: 2px solid var(--kept); outline-offset: 2px; }
        .skip { position: absolute; left: -100vw; }
        .skip:focus { left: 1rem; top: 0.5rem; background: var(--card); padding: 0.3rem 0.6rem; z-index: 2; }
        header { padding: 2.4rem 0 1.4rem; }
        .kind { color: var(--soft); font-size: 0.9rem; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.75rem; margin-top: 1.4rem; }
        .tiles div { display: flex; flex-direction: column; background: var(--card); border: 1px solid var(--line);
          border-radius: 0.6rem; padding: 0.8rem 0.9rem; }
        .tiles dt { order: 2; color: var(--soft); font-size: 0.9rem; }
        .tiles dd { order: 1; margin: 0; font-size: 1.65rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.02em;
          font-variant-numeric: tabular-nums; }
        .tiles .detail { order: 3; font-size: 0.85rem; font-weight: 400; letter-spacing: 0; color: var(--soft); }
        nav { display: flex; flex-wrap: wrap; gap: 0.15rem 1rem; padding: 0.6rem 0; border-block: 1px solid var(--line);
          font-size: 0.9rem; }
        nav a { text-decoration: none; color: var(--soft); padding: 0.1rem 0; }
        nav a:hover { color: var(--ink); text-decoration: underline; }
        section { padding-top: 2.4rem; }
        .warnings { background: var(--warn-back); border-left: 4px solid var(--warn); border-radius: 0.3rem;
          padding: 0.9rem 1.1rem; margin-top: 1.4rem; }
        .warnings h2 { font-size: 1rem; margin-bottom: 0.3rem; color: var(--warn); }
        .warnings ul { padding-left: 1.1rem; }
        #warnings.calm { padding-top: 1.4rem; }
        .calm, .facts, .settings, .legend, footer { color: var(--soft); font-size: 0.92rem; }
        .legend { margin-top: 0.9rem; }
        .flow { list-style: none; padding: 0; }
        .flow > li { padding: 0.55rem 0 0.75rem; border-top: 1px solid var(--line); }
        .flow > li:first-child { border-top: 0; }
        .stage { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 0 1rem; }
        .stage h3 { margin: 0; }
        .facts { margin-top: 0.3rem; color: var(--ink); }
        .settings { margin-top: 0.15rem; }
        svg { display: block; width: 100%; height: auto; }
        svg.share { height: 0.7rem; border-radius: 0.2rem; background: color-mix(in srgb, var(--line) 55%, transparent); }
        .flow svg.share { margin-top: 0.35rem; }
        .kept { fill: var(--kept); } .context { fill: var(--context); } .cut { fill: var(--cut); } .added { fill: var(--added); }
        .held { fill: var(--held); } .swatch.held { background: var(--held); }
        .swatch { display: inline-block; width: 0.8em; height: 0.8em; border-radius: 0.15em; margin-left: 0.6rem; }
        .swatch.kept { background: var(--kept); } .swatch.cut { background: var(--cut); } .swatch.added { background: var(--added); }
        .histogram { margin-bottom: 1.4rem; }
        figcaption { font-size: 0.92rem; color: var(--soft); margin-bottom: 0.3rem; }
        figcaption strong { color: var(--ink); }
        svg text { font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums; }
        svg .grid { stroke: var(--line); stroke-width: 1; } svg .axis { stroke: var(--soft); stroke-width: 1; }
        svg .trace { fill: none; stroke: var(--context); stroke-width: 1.5; } svg .best { stroke: var(--kept); stroke-width: 3; }
        svg .trace.steps { stroke: var(--added); stroke-width: 1.5; }
        .key { display: inline-block; width: 1.4em; margin: 0 0.35em 0.25em 0.9em; border-top: 3px solid var(--context); }
        .key.best { border-top: 4px solid var(--kept); } .key.steps { border-top: 2px solid var(--added); }
        svg.interval { height: 1.1rem; min-width: 7rem; } svg.interval .zero { stroke: var(--soft); stroke-width: 2; }
        svg.interval .better { fill: var(--kept); stroke: var(--kept); } svg.interval .worse { fill: var(--cut); stroke: var(--cut); }
        svg.interval .open { fill: var(--soft); stroke: var(--soft); } svg.interval line { stroke-width: 3; }
        .shade { display: inline-block; min-width: 2.4em; padding: 0 0.35em; border-radius: 0.2em; --part: 0%; }
        .shade.right { background: color-mix(in srgb, var(--kept) var(--part), transparent); }
        .shade.wrong { background: color-mix(in srgb, var(--cut) var(--part), transparent); }
        .s1 { --part: 6%; } .s2 { --part: 11%; } .s3 { --part: 16%; } .s4 { --part: 21%; } .s5 { --part: 26%; }
        .s6 { --part: 31%; } .s7 { --part: 36%; } .s8 { --part: 41%; } .s9 { --part: 46%; } .s10 { --part: 50%; }
        .pair h3 { margin-top: 0; } .pair .text { margin-bottom: 0.4rem; }
        pre { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem; padding: 0.8rem 0.9rem; }
        caption { text-align: start; color: var(--soft); font-size: 0.92rem; padding: 0.3rem 0; }
        .nothing { margin-top: 2.4rem; } .nothing dl { margin-top: 0.5rem; } .nothing div { margin-bottom: 0.5rem; }
        .nothing dt { font-weight: 600; } .nothing dd { margin: 0; color: var(--soft); }
        svg .limit { stroke: var(--cut); stroke-width: 1.5; stroke-dasharray: 5 4; }
        svg .limit-name { fill: var(--cut); font-weight: 600; }
        .table { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: 0.92rem; margin-bottom: 0.6rem; }
        th, td { text-align: start; font-weight: 400; padding: 0.3rem 0.9rem 0.3rem 0; border-top: 1px solid var(--line);
          vertical-align: baseline; }
        thead td { border-top: 0; } thead th { border-top: 0; color: var(--soft); font-size: 0.85rem; white-space: nowrap; overflow-wrap: normal; }
        .number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; overflow-wrap: normal; }
        .note { padding-left: 0.6rem; } .table th { overflow-wrap: break-word; } .table th + td:not(.number) { min-width: 12rem; }
        th:last-child, td:last-child { padding-right: 0; }
        .bars th[scope=row] { width: 26%; } .bars .bar { width: 40%; vertical-align: middle; }
        details { margin-top: 0.4rem; }
        summary { cursor: pointer; color: var(--soft); font-size: 0.92rem; }
        .examples { padding-left: 1.1rem; font-size: 0.92rem; } .examples li { margin: 0.5rem 0; }
        .text { white-space: pre-wrap; font-size: 0.92rem; }
        .pair { background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem; padding: 0.7rem 0.9rem;
          margin-bottom: 0.75rem; break-inside: avoid; }
        .sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1.2rem; }
        .sides > div { min-width: 0; }
        ins, del { color: var(--ink); }
        ins { background: var(--ins); text-decoration: underline; text-underline-offset: 2px; border-radius: 2px; }
        del { background: var(--del); text-decoration: underline dotted; text-underline-offset: 2px; border-radius: 2px; }
        .sample { margin-bottom: 1.2rem; } .sample h3 { margin-bottom: 0.35rem; }
        .side { font-size: 1.1rem; margin-top: 1.6rem; }
        .tokens { background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem; padding: 0.8rem 0.9rem;
          white-space: pre-wrap; line-height: 1.85; font-size: 0.95rem; }
        .fold { display: block; margin: 0.4rem 0; border-block: 1px dashed var(--line); } .fold summary { text-align: center; }
        .tokens .context, .legend .context { color: var(--soft); }
        mark { color: var(--ink); background: none; }
        mark i { background: var(--kept-back); box-shadow: inset 0 -2px var(--kept); }
        .tokens i, .legend i { font-style: normal; border-radius: 2px; padding: 0.1em 0; border-right: 1px solid var(--card); }
        .context i:hover, mark i:hover { outline: 1px solid var(--soft); }
        .tokens i.s, .legend i.s { font: 0.8em/1 ui-monospace, Menlo, Consolas, monospace; border: 1px solid currentColor;
          padding: 0 0.25em 0.2em; }
        i.x { font: 0.8em ui-monospace, Menlo, Consolas, monospace; border-bottom: 1px dotted currentColor; padding: 0 0.2em; }
        i.j { border-bottom: 1px dotted currentColor; }
        i.h { letter-spacing: -0.1em; color: var(--soft); }
        u { text-decoration: none; position: relative; }
        u.w::before, u.t::before { position: absolute; left: 0; right: 0; text-align: center; opacity: 0.45; }
        u.w::before { content: "\\00b7"; } u.t::before { content: "\\21e5"; }
        u.n::before { content: "\\21b5"; opacity: 0.55; }
        .gap { display: block; text-align: center; color: var(--soft); font-size: 0.88rem; border-block: 1px dashed var(--line);
          margin: 0.4rem 0; }
        footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 0.9rem; }
        @media (max-width: 40rem) { body { padding: 0 0.9rem 3rem; } h1 { font-size: 1.6rem; } small { display: block; margin: 0; }
          .sides { grid-template-columns: 1fr; } svg text { font-size: 24px; } .bars .bar { width: 22%; }
          .bars .note { display: none; } .bars thead th:last-child:not(.number):not(.bar) { display: none; }
          .tiles { grid-template-columns: 1fr 1fr; } .tiles dd { font-size: 1.35rem; } .tiles .detail { font-size: 0.85rem; }
          th, td { padding-right: 0.6rem; } }
        @media print { :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --kept: #0f766e;
          --kept-back: #d9f2ec; --context: #bbb; --cut: #c2410c; --added: #4f6fd0; --held: #8a63b8; --warn-back: #fff; --warn: #6b3a00; }
          body { max-width: none; padding: 0; font-size: 10pt; } nav, .skip { display: none; }
          * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
          section { padding-top: 1.4rem; } h2, h3 { break-after: avoid; } }

        """
}
