namespace LoraComposition.Experiments;

/// <summary>The style of the pages, light or dark as the reader's system is. Tables and figures that are wider than the page scroll in their own box, whose shaded edge says so.</summary>
static class PageStyle
{
    public const string Css = """
        :root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --soft: #555; --line: #d8d8d8; --link: #0b57a4; --code: #f5f5f5; --edge: rgba(0, 0, 0, .28); }
        @media (prefers-color-scheme: dark) { :root { --ink: #e4e6e8; --paper: #15181c; --soft: #a3abb4; --line: #3a4149; --link: #7cb7f2; --code: #20252b; --edge: rgba(255, 255, 255, .3); } }
        body { margin: 0 auto; padding: 1.5rem 1.25rem 3rem; max-width: 70rem; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", Verdana, sans-serif; color: var(--ink); background: var(--paper); overflow-wrap: anywhere; }
        h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .75rem; }
        h2 { font-size: 1.4rem; line-height: 1.3; margin: 3rem 0 .25rem; padding-top: 1rem; border-top: 2px solid var(--ink); }
        h3 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
        p, ul, pre { max-width: 50rem; }
        p, ul { margin: .5rem 0; }
        ul { padding-left: 1.25rem; }
        a { color: var(--link); }
        .note { color: var(--soft); font-size: .875rem; }
        .box { overflow-x: auto; margin: .75rem 0; background: linear-gradient(90deg, var(--paper) 30%, transparent) left / 2.5rem 100% no-repeat local, linear-gradient(270deg, var(--paper) 30%, transparent) right / 2.5rem 100% no-repeat local, linear-gradient(90deg, var(--edge), transparent) left / .6rem 100% no-repeat scroll, linear-gradient(270deg, var(--edge), transparent) right / .6rem 100% no-repeat scroll; }
        table { border-collapse: collapse; font-size: .9375rem; font-variant-numeric: tabular-nums; }
        caption { text-align: left; font-weight: 600; padding-bottom: .4rem; }
        th, td { padding: .3rem .65rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
        thead th { border-bottom: 2px solid var(--ink); }
        th:first-child, td:first-child { text-align: left; padding-left: 0; font-weight: 400; }
        thead th:first-child { font-weight: 700; }
        .left th, .left td { text-align: left; vertical-align: top; }
        td.text { text-align: left; white-space: normal; min-width: 14rem; }
        td.hash { font: .8125rem/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; text-align: left; }
        svg { display: block; background: #fff; border-radius: 3px; }
        .plot svg { width: 100%; min-width: 40rem; max-width: 52rem; height: auto; }
        ul.pictures { list-style: none; padding: 0; max-width: none; display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: 1.25rem .9rem; }
        .texts { padding-left: 1.4rem; } .texts li { margin: .9rem 0; } .texts blockquote { margin: .25rem 0 0; padding-left: .75rem; border-left: 3px solid var(--line); overflow-wrap: anywhere; }
        .pictures figure { margin: 0; }
        .pictures img { display: block; width: 100%; height: 9.5rem; object-fit: contain; background: var(--code); border-radius: 3px; }
        .pictures figcaption { font-size: .9375rem; line-height: 1.35; padding-top: .35rem; }
        details { margin: .5rem 0; }
        summary { cursor: pointer; color: var(--link); }
        pre { margin: .5rem 0; padding: .75rem; background: var(--code); font: .8125rem/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
        @media (max-width: 40rem) { body { padding: 1rem .875rem 2rem; } h1 { font-size: 1.4rem; } h2 { font-size: 1.2rem; } .narrow svg { max-width: 100%; height: auto; } table { font-size: .875rem; } th, td { padding: .3rem .45rem; } }
        @media print {
          :root { --ink: #1a1a1a; --paper: #fff; --soft: #555; --line: #d8d8d8; --link: #0b57a4; --code: #f5f5f5; }
          body { max-width: none; padding: 0; font-size: 10.5pt; }
          .box { overflow: visible; background: none; }
          table { font-size: 8.5pt; }
          th, td { padding: .2rem .4rem; }
          svg { max-width: 100%; height: auto; }
          .plot svg { max-width: 13cm; min-width: 0; }
          details:not([open]) { display: none; }
          h2 + *, h3 + * { break-before: avoid; }
          p:has(+ .box) { break-after: avoid; }
          table, figure, svg, .pictures li { break-inside: avoid; }
        }
        """;
}
