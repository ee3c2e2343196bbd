"""arXiv's categories in words, as Zotero's arXiv translator names them (zotero/translators: arXiv.org.js)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

__all__ = [
    "canonical_category",
    "categories_in",
    "category_code",
    "category_name",
    "category_names",
    "checked_categories",
]

_GROUPS: Final[dict[str, tuple[str, str]]] = {
    "astro-ph": (
        "Astrophysics",
        "CO=Cosmology and Nongalactic Astrophysics;EP=Earth and Planetary Astrophysics;GA=Astrophysics of Galaxies;"
        "HE=High Energy Astrophysical Phenomena;IM=Instrumentation and Methods for Astrophysics;"
        "SR=Solar and Stellar Astrophysics",
    ),
    "cond-mat": (
        "Condensed Matter",
        "dis-nn=Disordered Systems and Neural Networks;mes-hall=Mesoscale and Nanoscale Physics;"
        "mtrl-sci=Materials Science;other=Other Condensed Matter;quant-gas=Quantum Gases;soft=Soft Condensed Matter;"
        "stat-mech=Statistical Mechanics;str-el=Strongly Correlated Electrons;supr-con=Superconductivity",
    ),
    "cs": (
        "Computer Science",
        "AI=Artificial Intelligence;AR=Hardware Architecture;CC=Computational Complexity;"
        "CE=Computational Engineering, Finance, and Science;CG=Computational Geometry;CL=Computation and Language;"
        "CR=Cryptography and Security;CV=Computer Vision and Pattern Recognition;CY=Computers and Society;DB=Databases;"
        "DC=Distributed, Parallel, and Cluster Computing;DL=Digital Libraries;DM=Discrete Mathematics;"
        "DS=Data Structures and Algorithms;ET=Emerging Technologies;FL=Formal Languages and Automata Theory;"
        "GL=General Literature;GR=Graphics;GT=Computer Science and Game Theory;HC=Human-Computer Interaction;"
        "IR=Information Retrieval;IT=Information Theory;LG=Machine Learning;LO=Logic in Computer Science;"
        "MA=Multiagent Systems;MM=Multimedia;MS=Mathematical Software;NA=Numerical Analysis;"
        "NE=Neural and Evolutionary Computing;NI=Networking and Internet Architecture;OH=Other Computer Science;"
        "OS=Operating Systems;PF=Performance;PL=Programming Languages;RO=Robotics;SC=Symbolic Computation;SD=Sound;"
        "SE=Software Engineering;SI=Social and Information Networks;SY=Systems and Control",
    ),
    "econ": ("Economics", "EM=Econometrics;GN=General Economics;TH=Theoretical Economics"),
    "eess": (
        "Electrical Engineering and Systems Science",
        "AS=Audio and Speech Processing;IV=Image and Video Processing;SP=Signal Processing;SY=Systems and Control",
    ),
    "math": (
        "Mathematics",
        "AC=Commutative Algebra;AG=Algebraic Geometry;AP=Analysis of PDEs;AT=Algebraic Topology;"
        "CA=Classical Analysis and ODEs;CO=Combinatorics;CT=Category Theory;CV=Complex Variables;"
        "DG=Differential Geometry;DS=Dynamical Systems;FA=Functional Analysis;GM=General Mathematics;"
        "GN=General Topology;GR=Group Theory;GT=Geometric Topology;HO=History and Overview;IT=Information Theory;"
        "KT=K-Theory and Homology;LO=Logic;MG=Metric Geometry;MP=Mathematical Physics;NA=Numerical Analysis;"
        "NT=Number Theory;OA=Operator Algebras;OC=Optimization and Control;PR=Probability;QA=Quantum Algebra;"
        "RA=Rings and Algebras;RT=Representation Theory;SG=Symplectic Geometry;SP=Spectral Theory;ST=Statistics Theory",
    ),
    "nlin": (
        "Nonlinear Sciences",
        "AO=Adaptation and Self-Organizing Systems;CD=Chaotic Dynamics;CG=Cellular Automata and Lattice Gases;"
        "PS=Pattern Formation and Solitons;SI=Exactly Solvable and Integrable Systems",
    ),
    "physics": (
        "Physics",
        "acc-ph=Accelerator Physics;ao-ph=Atmospheric and Oceanic Physics;app-ph=Applied Physics;"
        "atm-clus=Atomic and Molecular Clusters;atom-ph=Atomic Physics;bio-ph=Biological Physics;"
        "chem-ph=Chemical Physics;class-ph=Classical Physics;comp-ph=Computational Physics;"
        "data-an=Data Analysis, Statistics and Probability;ed-ph=Physics Education;flu-dyn=Fluid Dynamics;"
        "gen-ph=General Physics;geo-ph=Geophysics;hist-ph=History and Philosophy of Physics;"
        "ins-det=Instrumentation and Detectors;med-ph=Medical Physics;optics=Optics;plasm-ph=Plasma Physics;"
        "pop-ph=Popular Physics;soc-ph=Physics and Society;space-ph=Space Physics",
    ),
    "q-bio": (
        "Quantitative Biology",
        "BM=Biomolecules;CB=Cell Behavior;GN=Genomics;MN=Molecular Networks;NC=Neurons and Cognition;"
        "OT=Other Quantitative Biology;PE=Populations and Evolution;QM=Quantitative Methods;"
        "SC=Subcellular Processes;TO=Tissues and Organs",
    ),
    "q-fin": (
        "Quantitative Finance",
        "CP=Computational Finance;EC=Economics;GN=General Finance;MF=Mathematical Finance;PM=Portfolio Management;"
        "PR=Pricing of Securities;RM=Risk Management;ST=Statistical Finance;TR=Trading and Market Microstructure",
    ),
    "stat": (
        "Statistics",
        "AP=Applications;CO=Computation;ME=Methodology;ML=Machine Learning;OT=Other Statistics;TH=Statistics Theory",
    ),
}
_ALONE: Final = {
    "gr-qc": "General Relativity and Quantum Cosmology",
    "hep-ex": "High Energy Physics - Experiment",
    "hep-lat": "High Energy Physics - Lattice",
    "hep-ph": "High Energy Physics - Phenomenology",
    "hep-th": "High Energy Physics - Theory",
    "math-ph": "Mathematical Physics",
    "nucl-ex": "Nuclear Experiment",
    "nucl-th": "Nuclear Theory",
    "quant-ph": "Quantum Physics",
}
_NAMES: Final = _ALONE | {
    f"{archive}.{code}": f"{group} - {words}"
    for archive, (group, listed) in _GROUPS.items()
    for code, words in (pair.split("=") for pair in listed.split(";"))
} | {archive: group for archive, (group, _) in _GROUPS.items()}  # fmt: skip

_CANONICAL: Final = dict(
    pair.split("=")
    for pair in """math.MP=math-ph stat.TH=math.ST math.IT=cs.IT q-fin.EC=econ.GN cs.SY=eess.SY cs.NA=math.NA
    cmp-lg=cs.CL adap-org=nlin.AO comp-gas=nlin.CG chao-dyn=nlin.CD solv-int=nlin.SI patt-sol=nlin.PS alg-geom=math.AG
    dg-ga=math.DG funct-an=math.FA q-alg=math.QA mtrl-th=cond-mat.mtrl-sci supr-con=cond-mat.supr-con
    acc-phys=physics.acc-ph ao-sci=physics.ao-ph atom-ph=physics.atom-ph chem-ph=physics.chem-ph
    plasm-ph=physics.plasm-ph bayes-an=physics.data-an""".split()
)
"""Aliases and subsumed archives (arXiv/arxiv-base: arxiv/taxonomy/definitions.py)."""


def _folded(name: str) -> str:
    return name.replace(",", "").casefold()


_CODES: Final = {_folded(name): code for code, name in reversed(_NAMES.items())} | {
    _folded(name): code for code, name in _NAMES.items() if code not in _CANONICAL
}
_LONGEST: Final = 3
"""Names of categories hold up to two commas, where keywords are parted by commas."""


_CODE: Final = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?", re.ASCII)


_SEPARATORS: Final = re.compile(r"[,;]+")


@lru_cache(4096)
def checked_categories(codes: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return those that have the form of a category, known or not (`cs.LG`, `hep-th`), and those that have not."""
    parts = tuple(part for code in codes for part in _parted(code))
    valid = tuple(part for part in parts if _CODE.fullmatch(part))
    return valid, tuple(part for part in parts if part not in valid)


def _parted(code: str) -> list[str]:
    """The categories of `math.AG, math.CO`; what is not made of categories alone as it is."""
    parts = [part for part in _SEPARATORS.split(code) if part]
    return parts if all(map(_CODE.fullmatch, parts)) else [code]


def category_name(code: str) -> str:
    """`Computer Science - Machine Learning` for `cs.LG`; "" for an unknown code."""
    return _NAMES.get(code) or _NAMES.get(canonical_category(code), "")


def category_names(codes: Iterable[str]) -> list[str]:
    """The categories in words, each once though an alias may stand beside it; an unknown code as it is."""
    return list(_names_of(tuple(codes)))


@lru_cache(4096)
def _names_of(codes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(category_name(code) or code for code in codes))


def category_code(name: str) -> str:
    """`cs.LG` for `Computer Science - Machine Learning`; "" for an unknown name. Of aliases it gives the main one."""
    return _CODES.get(_folded(name), "")


def categories_in(keywords: str) -> tuple[tuple[str, ...], list[str]]:
    """The codes of the categories that keywords parted by commas or semicolons name, and the other keywords."""
    words = [word for piece in re.split("[,;]", keywords) if (word := piece.strip())]
    codes: dict[str, None] = {}
    others: list[str] = []
    at = 0
    while at < len(words):
        for length in range(min(_LONGEST, len(words) - at), 0, -1):
            if code := category_code(" ".join(words[at : at + length])):
                codes[code] = None
                break
        else:
            others.append(words[at])
            length = 1
        at += length
    return tuple(codes), others


def canonical_category(code: str) -> str:
    """The category that an alias or a subsumed archive stands for, else the code itself."""
    return _CANONICAL.get(code, code)
