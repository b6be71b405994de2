"""The style of every page: light, dark and paper; a desk's width and a phone's."""

from __future__ import annotations

#: text on paper, by scheme; the colours of series are for drawings
LIGHT = {
    "ink": "#1d2126",
    "soft": "#565e67",
    "paper": "#ffffff",
    "line": "#d8dde3",
    "band": "#f3f5f7",
    "good": "#17692c",
    "bad": "#a61b1b",
    "warn": "#7d4e00",
    "s0": "#0b6bb8",
    "s1": "#c2500a",
    "s2": "#0f7d5c",
    "s3": "#a3408a",
    "s4": "#8a6a00",
    "s5": "#5a4fc4",
    "s6": "#b3243f",
    "s7": "#4d5661",
}
DARK = {
    "ink": "#e3e7eb",
    "soft": "#a9b2bc",
    "paper": "#15181c",
    "line": "#3a424b",
    "band": "#20252b",
    "good": "#6fd08c",
    "bad": "#ff8f8f",
    "warn": "#e5b25d",
    "s0": "#62b0f0",
    "s1": "#f0935a",
    "s2": "#52c9a1",
    "s3": "#e08bcb",
    "s4": "#d6b545",
    "s5": "#a9a1f7",
    "s6": "#f27d92",
    "s7": "#b3bcc7",
}
PAPER = {**LIGHT, "ink": "#000000", "soft": "#444444", "line": "#bbbbbb", "band": "#eeeeee"}


def _variables(colours: dict[str, str]) -> str:
    return ";".join(f"--{name}:{colour}" for name, colour in colours.items())


STYLE = (
    f":root{{color-scheme:light dark;{_variables(LIGHT)}}}"
    f"@media(prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}"
    """
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem 1.25rem 3rem;max-width:96rem;background:var(--paper);
color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;
overflow-wrap:break-word}
h1{font-size:1.6rem;line-height:1.25;margin:.6rem 0 .8rem}
h2{font-size:1.25rem;margin:2.4rem 0 .6rem}
h3{font-size:1.05rem;margin:1.6rem 0 .4rem}
p{max-width:80ch;margin:.5rem 0}
.note{color:var(--soft);font-size:.9rem}
.lead{font-size:1.08rem}
.w{white-space:nowrap}.l{display:inline-block}
.good,.bad,.warn,.pick{font-weight:600}.pick{font-size:1.08rem}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.band{border:2px solid var(--warn);border-left-width:.7rem;border-radius:6px;
padding:.6rem 1rem;margin:1rem 0;background:var(--band)}
.band b{color:var(--warn);font-size:1.1rem}.band ul{margin:.3rem 0 0;padding-left:1.2rem}
.steps{border-left:.4rem solid var(--line);padding:.1rem 0 .1rem .9rem;margin:.8rem 0;
color:var(--ink);font-weight:400}.steps.bad{border-color:var(--bad)}.steps p{margin:.2rem 0 0}
.steps ol{margin:.3rem 0 0;padding-left:1.3rem}.steps li{margin:.2rem 0}
.steps code,.steps small{display:block}.steps small{color:var(--soft);font-size:.86rem}
a{color:var(--s0)}
.scroll{overflow-x:auto;margin:1.4rem 0 .6rem}
.scroll:focus-visible,summary:focus-visible{outline:2px solid var(--s0);outline-offset:2px}
table{border-collapse:collapse;font-size:.88rem;min-width:100%}
caption{text-align:left;font-weight:600;font-size:1.05rem;padding:.2rem 0 .5rem}
th,td{padding:.35rem .55rem;border-bottom:1px solid var(--line);text-align:left;
vertical-align:top}
thead th{background:var(--band);font-weight:600;vertical-align:bottom}
tbody th{font-weight:500;min-width:9rem}
tbody tr:hover>*{background:var(--band)}
.n{text-align:right;font-variant-numeric:tabular-nums}td.n{white-space:nowrap}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,34rem),1fr));gap:1.2rem;
margin:1.6rem 0;align-items:start}
figure{margin:0;border:1px solid var(--line);border-radius:6px;padding:.8rem;min-width:0}
figcaption{font-size:.85rem;color:var(--soft)}
figcaption b{display:block;color:var(--ink);font-size:.95rem}
figure svg{display:block;width:100%;height:auto;max-width:36rem;margin:.2rem auto .6rem}
details{border:1px solid var(--line);border-radius:6px;margin:.45rem 0;padding:.45rem .8rem;
font-size:.92rem}
details details{border:0;margin:0;padding:0}
summary{cursor:pointer}
.fold{margin:1rem 0}.fold>summary>h2{display:inline;font-size:1.05rem}
.tag{font-weight:600;white-space:nowrap}.error{color:var(--bad)}.warning{color:var(--warn)}
.note .tag,.waived,.tag.note{color:var(--soft)}
.count{color:var(--soft);white-space:nowrap}.count::before{content:"\\00b7\\00a0"}
.cause{border-left:3px solid var(--line);padding:.1rem 0 .1rem .8rem;margin:.6rem 0}
.cause ul,.cause details ul{list-style:none;margin:0;padding:0}
.fix{margin:.5rem 0}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,monospace}
dl{display:grid;grid-template-columns:minmax(5.5rem,auto) 1fr;gap:.15rem 1rem;margin:.4rem 0}
dt{color:var(--soft)}dd{margin:0;min-width:0}
.facts{margin:.8rem 0 1.2rem;grid-template-columns:12.5rem 1fr}.facts dd{max-width:76ch}
.steps{max-width:calc(13.5rem + 76ch)}
code.cmd{font-size:.92em}.steps code.cmd{display:inline}
@media screen{.scroll{background:linear-gradient(to right,var(--paper) 30%,transparent),
linear-gradient(to left,var(--paper) 30%,transparent) 100% 0,
linear-gradient(to right,var(--soft),transparent),
linear-gradient(to left,var(--soft),transparent) 100% 0;background-repeat:no-repeat;
background-size:2rem 100%,2rem 100%,.5rem 100%,.5rem 100%;
background-attachment:local,local,scroll,scroll}}
@media screen and (min-width:100rem){.k{white-space:nowrap}}
@media screen and (min-width:60rem){
tbody th{position:sticky;left:0;background:var(--paper)}}
@media screen and (max-width:60rem){
.cards{background:none;overflow:visible}
.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.cards table,.cards caption{display:block}
.cards tbody{display:grid;gap:.8rem;
grid-template-columns:repeat(auto-fill,minmax(min(100%,19rem),1fr))}
.cards tr{display:block;border:1px solid var(--line);border-radius:6px;padding:.3rem .7rem}
.cards tbody th,.cards td{display:flex;justify-content:space-between;gap:1rem;border:0;
padding:.15rem 0;text-align:right;white-space:normal;min-width:0}
.cards tbody th{display:block;text-align:left;font-weight:600;font-size:1rem;
border-bottom:1px solid var(--line);margin-bottom:.25rem}
.cards td::before{content:attr(data-label);color:var(--soft);text-align:left;font-weight:400}
.cards td:empty{display:none}}
@media screen and (max-width:46rem){body{padding:.6rem .9rem 2rem}h1{font-size:1.35rem}
tbody th{min-width:7rem}
dl:not(.facts){grid-template-columns:minmax(4.5rem,auto) 1fr;gap:.1rem .7rem}
.facts{grid-template-columns:1fr;gap:0}.facts dd{margin:0 0 .5rem}}
"""
    f"@media print{{:root{{color-scheme:light;{_variables(PAPER)}}}"
    """
body{max-width:none;padding:0;font-size:10pt}.scroll{overflow:visible}
table{font-size:7.5pt}th,td,tbody th{min-width:0;padding:.2rem .3rem}
figure,tr,details,.cause{break-inside:avoid}h2,h3,caption{break-after:avoid}
details::details-content{content-visibility:visible}}
"""
)
