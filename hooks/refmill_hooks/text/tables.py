"""Tables of TeX: what commands mean in Unicode, and which commands LaTeX with amsmath and amssymb knows in math.

Meanings are pylatexenc's (github.com/phfaist/pylatexenc), the known commands were asked of LaTeX itself.
"""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["ACCENTS", "EXECUTING", "KNOWN_IN_MATH", "LIKE_LATIN", "SYMBOLS", "TEX_OF"]

ACCENTS: Final = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "r": "\u030a", "c": "\u0327", "k": "\u0328", "d": "\u0323",
    "b": "\u0331", "t": "\u0361",
}  # fmt: skip
"""Accent command -> combining character."""

SYMBOLS: Final = dict(
    pair.split("=", 1)
    for pair in """AA=Å AE=Æ
    Alpha=Α Angle=⦜ Beta=Β Bumpeq=≎ Cap=⋒
    Chi=Χ Colon=∷ Cup=⋓ DH=Ð DJ=Đ Delta=Δ Digamma=Ϝ DownArrowBar=⤓ DownArrowUpArrow=⇵ DownLeftRightVector=⥐
    DownLeftTeeVector=⥞ DownLeftVectorBar=⥖ DownRightTeeVector=⥟ DownRightVectorBar=⥗ Downarrow=⇓ Epsilon=Ε Equal=⩵
    Eta=Η Gamma=Γ IJ=Ĳ Ident=𝕀 Iota=Ι Kappa=Κ Koppa=Ϟ L=Ł Lambda=Λ LeftDownTeeVector=⥡ LeftDownVectorBar=⥙
    LeftRightVector=⥎ LeftTeeVector=⥚ LeftTriangleBar=⧏ LeftUpDownVector=⥑ LeftUpTeeVector=⥠ LeftUpVectorBar=⥘
    LeftVectorBar=⥒ Leftarrow=⇐ Leftrightarrow=⇔ Lleftarrow=⇚ Longleftarrow=⟸ Longleftrightarrow=⟺ Longrightarrow=⟹
    Lsh=↰ Mu=Μ NG=Ŋ NestedGreaterGreater=⪢ NestedLessLess=⪡ Nu=Ν O=Ø OE=Œ Omega=Ω Omicron=Ο P=¶ Phi=Φ Pi=Π Psi=Ψ
    ReverseUpEquilibrium=⥯ Rho=Ρ RightDownTeeVector=⥝ RightDownVectorBar=⥕ RightTeeVector=⥛ RightTriangleBar=⧐
    RightUpDownVector=⥏ RightUpTeeVector=⥜ RightUpVectorBar=⥔ RightVectorBar=⥓ Rightarrow=⇒ RoundImplies=⥰
    Rrightarrow=⇛ Rsh=↱ RuleDelayed=⧴ S=§ SS=ẞ Sampi=Ϡ Sigma=Σ Stigma=Ϛ Subset=⋐ Supset=⋑ TH=Þ Tau=Τ Theta=Θ
    UpArrowBar=⤒ UpEquilibrium=⥮ Uparrow=⇑ Updownarrow=⇕ Upsilon=Υ VDash=⊫ Vdash=⊩ Vert=‖ Vvdash=⊪ Xi=Ξ Zeta=Ζ aa=å
    ae=æ aleph=ℵ allequal=≌ alpha=α amalg=⨿ angle=∠ approx=≈ approxeq=≊ approxnotequal=≆ aquarius=♒ aries=♈
    arrowwaveleft=↜ arrowwaveright=↝ ast=∗ asymp=≍ backepsilon=϶ backprime=‵ backsim=∽ backsimeq=⋍ backslash=\\
    barwedge=⌅ because=∵ beta=β beth=ℶ between=≬ bigcap=⋂ bigcirc=◯ bigcup=⋃ bigoplus=⊕ bigotimes=⊗
    bigtriangledown=▽ bigtriangleup=△ bigvee=⋁ bigwedge=⋀ blacklozenge=⧫ blacksquare=▪ blacktriangle=▴
    blacktriangledown=▾ blacktriangleleft=◂ blacktriangleright=▸ bowtie=⋈ boxdot=⊡ boxminus=⊟ boxplus=⊞ boxtimes=⊠
    bullet=∙ bumpeq=≏ cancer=♋ cap=∩ capricornus=♑ cdot=· cdots=⋯ chi=χ circ=∘ circeq=≗ circlearrowleft=↺
    circlearrowright=↻ circledS=Ⓢ circledast=⊛ circledcirc=⊚ circleddash=⊝ clockoint=⨏ clwintegral=∱ complement=∁
    cong=≅ coprod=∐ copyright=© cup=∪ curlyeqprec=⋞ curlyeqsucc=⋟ curlyvee=⋎ curlywedge=⋏ curvearrowleft=↶
    curvearrowright=↷ dag=† dagger=† daleth=ℸ dashv=⊣
    dblarrowupdown=⇅ ddag=‡ ddddot=⃜ dddot=⃛ ddots=⋱ degree=° delta=δ dh=ð diagup=╱ diamond=♢ digamma=ϝ div=÷
    divideontimes=⋇ dj=đ doteq=≐ doteqdot=≑ dotplus=∔ dots=… dotsb=… dotsc=… dotsi=… dotsm=… dotso=… downarrow=↓
    downdownarrows=⇊ downharpoonleft=⇃ downharpoonright=⇂ downslopeellipsis=⋱ eighthnote=♪ ell=ℓ emptyset=∅
    epsilon=ϵ eqcirc=≖ eqslantgtr=⪖ eqslantless=⪕ equiv=≡ estimates=≙ eta=η eth=ƪ euro=€ exists=∃ fallingdotseq=≒
    flat=♭ forall=∀ forcesextra=⊨ frown=⌢ gamma=γ ge=≥ gemini=♊ geq=≥ geqq=≧ geqslant=⩾ gg=≫ gimel=ℷ gnapprox=⪊
    gneq=⪈ gneqq=≩ gnsim=⋧ greaterequivlnt=≳ gtrapprox=⪆ gtrdot=⋗ gtreqless=⋛ gtreqqless=⪌ gtrless=≷ gtrsim=≳
    guillemotleft=« guillemotright=» guilsinglleft=‹ guilsinglright=› hbar=ħ hermitconjmatrix=⊹ homothetic=∻
    hookleftarrow=↩ hookrightarrow=↪ hslash=ℏ i=ı id=𝕀 iddots=⋰ iiint=∭ iint=∬ ij=ĳ image=⊷ in=∈ infty=∞ int=∫
    intercal=⊺ iota=ι j=ȷ jupiter=♃ kappa=κ l=ł lVert=‖ lambda=λ langle=⟨ lazysinv=∾ lbrace={ lceil=⌈ ldots=… le=≤
    leftarrow=← leftarrowtail=↢ leftharpoondown=↽ leftharpoonup=↼ leftleftarrows=⇇ leftrightarrow=↔
    leftrightarrows=⇆ leftrightharpoons=⇋ leftrightsquigarrow=↭ leftthreetimes=⋋ leo=♌ leq=≤ leqq=≦ leqslant=⩽
    lessapprox=⪅ lessdot=⋖ lesseqgtr=⋚ lesseqqgtr=⪋ lessequivlnt=≲ lessgtr=≶ lesssim=≲ lfloor=⌊ libra=♎ ll=≪
    llcorner=⌞ lmoustache=⎰ lnapprox=⪉ lneq=⪇ lneqq=≨ lnot=¬ lnsim=⋦ longleftarrow=⟵ longleftrightarrow=⟷
    longmapsto=⟼ longrightarrow=⟶ looparrowleft=↫ looparrowright=↬ lozenge=◊ lrcorner=⌟ ltimes=⋉ lvert=| male=♂
    mapsto=↦ measuredangle=∡ mercury=☿ mho=℧ micro=μ mid=| mp=∓ mu=μ multimap=⊸ nLeftarrow=⇍ nLeftrightarrow=⇎
    nRightarrow=⇏ nVDash=⊯ nVdash=⊮ nabla=∇ natural=♮ nearrow=↗ neptune=♆ neq=≠ nexists=∄ ng=ŋ ngeq=≱ ngtr=≯ ni=∋
    nleftarrow=↚ nleftrightarrow=↮ nleq=≰ nless=≮ nmid=∤ nolinebreak=⁠ notgreaterless=≹ notin=∉ notlessgreater=≸
    nparallel=∦ nprec=⊀ nrightarrow=↛ nsubseteq=⊈ nsucc=⊁ nsupseteq=⊉ ntriangleleft=⋪ ntrianglelefteq=⋬
    ntriangleright=⋫ ntrianglerighteq=⋭ nu=ν nvDash=⊭ nvdash=⊬ nwarrow=↖ o=ø odot=⊙ oe=œ oint=∮ omega=ω omicron=ο
    ominus=⊖ openbracketleft=〚 openbracketright=〛 oplus=⊕ original=⊶ oslash=⊘ otimes=⊗ parallel=∥ partial=∂ perp=⊥
    perspcorrespond=⩞ phi=φ pi=π pisces=♓ pitchfork=⋔ pluto=♇ pm=± pounds=£ prec=≺ precapprox=⪷ preccurlyeq=≼
    precedesnotsimilar=⋨ preceq=≼ precnapprox=⪹ precneqq=⪵ precsim=≾ prime=' prod=∏ propto=∝ psi=ψ quarternote=♩
    quotedblbase=„ quotesinglbase=‚ rVert=‖ rangle=⟩ rbrace=} rceil=⌉ recorder=⌕ rfloor=⌋ rho=ρ rightangle=∟
    rightanglearc=⊾ rightarrow=→ rightarrowtail=↣ rightharpoondown=⇁ rightharpoonup=⇀ rightleftarrows=⇄
    rightleftharpoons=⇌ rightmoon=☾ rightrightarrows=⇉ rightsquigarrow=⇝ rightthreetimes=⋌ risingdotseq=≓
    rmoustache=⎱ rtimes=⋊ rvert=| sagittarius=♐ saturn=♄ scorpio=♏ searrow=↘ setminus=∖ sharp=♯ sigma=σ sim=∼
    simeq=≃ smallsetminus=∖ smile=⌣ sphericalangle=∢ sqcap=⊓ sqcup=⊔ sqrint=⨖ sqsubset=⊏ sqsubseteq=⊑ sqsupset=⊐
    sqsupseteq=⊒ square=□ ss=ß star=⋆ starequal=≛ subset=⊂ subseteq=⊆ subseteqq=⫅ subsetneq=⊊ subsetneqq=⫋ succ=≻
    succapprox=⪸ succcurlyeq=≽ succeq=≽ succnapprox=⪺ succneqq=⪶ succnsim=⋩ succsim=≿ sum=∑ supset=⊃ supseteq=⊇
    supseteqq=⫆ supsetneq=⊋ supsetneqq=⫌ surd=√ surfintegral=∯ swarrow=↙ tau=τ taurus=♉ textTheta=ϴ textacutedbl=˝
    textasciiacute=´ textasciibreve=˘ textasciicaron=ˇ textasciicircum=^ textasciidieresis=¨ textasciigrave=`
    textasciimacron=¯ textasciitilde=~ textasteriskcentered=⁎ textbackslash=\\ textbaht=฿ textbar=| textbigcircle=◯
    textblank=␢ textbraceleft={ textbraceright=} textbrokenbar=¦ textbullet=• textcelsius=℃ textcent=¢
    textcircledP=℗ textcolonmonetary=₡ textcompwordmark=‌ textcopyright=© textcurrency=¤ textdagger=†
    textdaggerdbl=‡ textdegree=° textdiscount=⁒ textdiv=÷ textdollar=$ textdong=₫ textdoublepipe=ǂ textdownarrow=↓
    textellipsis=… textemdash=— textendash=– textestimated=℮ texteuro=€ textexclamdown=¡ textflorin=ƒ
    textfractionsolidus=⁄ textglotstop=ʔ textgreater=> texthvlig=ƕ textinterrobang=‽ textlangle=〈 textleftarrow=←
    textless=< textlira=₤ textlnot=¬ textmho=℧ textmp=∓ textmu=μ textmusicalnote=♪ textnaira=₦ textnrleg=ƞ
    textnumero=№ textohm=Ω textonehalf=½ textonequarter=¼ textonesuperior=¹ textopenbullet=◦ textordfeminine=ª
    textordmasculine=º textparagraph=¶ textperiodcentered=˙ textpertenthousand=‱ textperthousand=‰ textpeso=₱
    textphi=ɸ textpm=± textquestiondown=¿ textquotedblleft=“ textquotedblright=” textquoteleft=‘ textquoteright=’
    textquotesingle=' textrangle=〉 textrecipe=℞ textreferencemark=※ textregistered=® textrightarrow=→ textschwa=ə
    textsection=§ textservicemark=℠ textsterling=£ texttheta=θ textthreequarters=¾ textthreesuperior=³
    texttildelow=˜ texttimes=× texttrademark=™ textturnk=ʞ texttwosuperior=² textunderscore=_ textuparrow=↑
    textvartheta=ϑ textvisiblespace=␣ textwon=₩ textyen=¥ th=þ therefore=∴ theta=θ tildetrpl=≋ times=× to=→ top=⊤
    triangledown=▿ triangleleft=◃ trianglelefteq=⊴ triangleq=≜ triangleright=▹ trianglerighteq=⊵ truestate=⊧
    twoheadleftarrow=↞ twoheadrightarrow=↠ udots=⋰ ulcorner=⌜ uparrow=↑ updownarrow=↕ upharpoonleft=↿
    upharpoonright=↾ uplus=⊎ upsilon=υ upslopeellipsis=⋰ upuparrows=⇈ uranus=♅ urcorner=⌝ varepsilon=ε varkappa=ϰ
    varnothing=∅ varperspcorrespond=⌆ varphi=ϕ varpi=ϖ varrho=ϱ varsigma=ς vartheta=ϑ vartriangle=▵
    vartriangleleft=⊲ vartriangleright=⊳ vdash=⊢ vdots=⋮ vee=∨ veebar=⊻ venus=♀ vert=| verymuchgreater=⋙
    verymuchless=⋘ virgo=♍ volintegral=∰ wedge=∧ wp=℘ wr=≀ xi=ξ zeta=ζ""".split()
)
"""Command -> the character it prints."""

KNOWN_IN_MATH: Final = frozenset(
    """AA AE Bbb Bbbk Big Bigg Biggl Biggm Biggr Bigl Bigm Bigr Box Bumpeq Cap Cup DH DJ Delta
    Diamond Doteq Downarrow Finv Game Gamma IJ Im Join Lambda Leftarrow Leftrightarrow Lleftarrow Longleftarrow
    Longleftrightarrow Longrightarrow Lsh NG OE Omega P Phi Pi Pr Psi Re Rightarrow Rrightarrow Rsh S Sigma
    Subset Supset TH Theta Uparrow Updownarrow Upsilon Vdash Vert Vvdash Xi aa acute ae aleph alpha amalg angle
    approx approxeq arccos arcsin arctan arg ast asymp atop backepsilon backprime backsim backsimeq backslash bar
    barwedge because beta beth between bf big bigcap bigcirc bigcup bigg biggl biggm biggr bigl bigm bigodot
    bigoplus bigotimes bigr bigsqcup bigstar bigtriangledown bigtriangleup biguplus bigvee bigwedge binom
    blacklozenge blacksquare blacktriangle blacktriangledown blacktriangleleft blacktriangleright bmod boldsymbol
    bot bowtie boxdot boxed boxminus boxplus boxtimes brace brack breve bullet bumpeq cal cap cdot cdots centerdot
    cfrac check checkmark chi choose circ circeq circlearrowleft circlearrowright circledR circledS circledast
    circledcirc circleddash clubsuit colon complement cong coprod copyright cos cosh cot coth csc cup curlyeqprec
    curlyeqsucc curlyvee curlywedge curvearrowleft curvearrowright dag dagger daleth dashv dbinom ddag ddagger
    ddddot dddot ddot ddots deg delta det dfrac dh diagup diamond diamondsuit digamma dim displaystyle div
    divideontimes dj dot doteq doteqdot dotplus dots dotsb dotsc dotsi dotsm dotso doublebarwedge downarrow
    downdownarrows downharpoonleft downharpoonright ell emph emptyset enskip enspace ensuremath epsilon eqcirc
    eqsim eqslantgtr eqslantless equiv eta eth exists exp fallingdotseq fbox flat forall frac frak frown gamma gcd
    ge geq geqq geqslant gets gg ggg gimel gnapprox gneq gneqq gnsim grave gtrapprox gtrdot gtreqless
    gtreqqless gtrless gtrsim guillemotleft guillemotright guilsinglleft guilsinglright hat hbar hbox heartsuit
    hfill hom hookleftarrow hookrightarrow hphantom hskip hslash hspace i idotsint iff iiiint iiint iint ij imath
    impliedby implies in inf infty injlim int intercal iota it j jmath joinrel kappa ker kern
    lVert lambda land langle lbrace lbrack lceil ldots le leadsto left leftarrow leftarrowtail leftharpoondown
    leftharpoonup leftleftarrows leftrightarrow leftrightarrows leftrightharpoons leftrightsquigarrow
    leftthreetimes leq leqq leqslant lessapprox lessdot lesseqgtr lesseqqgtr lessgtr lesssim lfloor lg lgroup lhd
    lim liminf limits limsup ll llcorner lll lmoustache ln lnapprox lneq lneqq lnot lnsim log longleftarrow
    longleftrightarrow longmapsto longrightarrow looparrowleft looparrowright lor lozenge lrcorner ltimes lvert
    makebox maltese mapsto mathbb mathbf mathbin mathcal mathclose mathfrak mathinner mathit mathop
    mathopen mathord mathrel mathring mathrm mathsf mathtt max mbox measuredangle medspace mho mid middle min mit
    mkern mod models mp mskip mu multimap nLeftarrow nLeftrightarrow nRightarrow nVDash nVdash nabla natural
    ne nearrow neg negthinspace neq nexists ng ngeq ngtr ni nleftarrow nleftrightarrow nleq nless
    nmid noindent nolimits nolinebreak nonumber not notin nparallel nprec nrightarrow nsubseteq nsucc
    nsupseteq ntriangleleft ntrianglelefteq ntriangleright ntrianglerighteq nu nvDash nvdash nwarrow odot oe oint
    omega ominus operatorname oplus oslash otimes over overbrace overleftarrow overleftrightarrow overline
    overrightarrow overset owns parallel partial perp phantom phi pi pitchfork pm pmb pmod pod pounds prec
    precapprox preccurlyeq preceq precnapprox precneqq precsim prime prod projlim propto protect psi qquad quad
    quotedblbase quotesinglbase rVert rangle rbrace rbrack rceil relax rfloor rgroup rhd rho right
    rightarrow rightarrowtail rightharpoondown rightharpoonup rightleftarrows rightleftharpoons rightrightarrows
    rightsquigarrow rightthreetimes risingdotseq rm rmoustache rtimes rvert sc scriptscriptstyle scriptstyle
    searrow sec setminus sf sharp shortmid shortparallel sigma sim simeq sin sinh sl slash small
    smallfrown smallsetminus smallsmile smash smile spadesuit sphericalangle sqcap sqcup sqrt sqsubset sqsubseteq
    sqsupset sqsupseteq square stackrel star subset subseteq subseteqq subsetneq subsetneqq substack
    succ succapprox succcurlyeq succeq succnapprox succneqq succnsim succsim sum sup supset supseteq supseteqq
    supsetneq supsetneqq surd swarrow tan tanh tau tbinom text textacutedbl textasciiacute textasciibreve
    textasciicaron textasciicircum textasciidieresis textasciigrave textasciimacron textasciitilde
    textasteriskcentered textbackslash textbaht textbar textbf textbigcircle textblank textbraceleft textbraceright
    textbrokenbar textbullet textcelsius textcent textcircledP textcolonmonetary textcompwordmark textcopyright
    textcurrency textdagger textdaggerdbl textdegree textdiscount textdiv textdollar textdong textdownarrow
    textellipsis textemdash textendash textestimated texteuro textexclamdown textflorin textfractionsolidus
    textgreater textinterrobang textit textlangle textleftarrow textless textlira textlnot textmd textmho textmu
    textmusicalnote textnaira textnumero textohm textonehalf textonequarter textonesuperior textopenbullet
    textordfeminine textordmasculine textparagraph textperiodcentered textpertenthousand textperthousand textpeso
    textpm textquestiondown textquotedblleft textquotedblright textquoteleft textquotesingle
    textrangle textrecipe textreferencemark textregistered textrightarrow textrm textsc textsection textservicemark
    textsf textsl textsterling textstyle textsuperscript textthreequarters textthreesuperior texttildelow texttimes
    texttrademark texttt texttwosuperior textunderscore textup textuparrow textvisiblespace textwon textyen tfrac th
    therefore theta thickapprox thicksim thickspace thinspace tilde times to top triangle triangledown triangleleft
    trianglelefteq triangleq triangleright trianglerighteq tt twoheadleftarrow twoheadrightarrow ulcorner underbrace
    underleftarrow underleftrightarrow underline underrightarrow underset unlhd unrhd uparrow updownarrow
    upharpoonleft upharpoonright uplus upsilon upuparrows urcorner varepsilon varkappa varliminf varlimsup
    varnothing varphi varpi varpropto varrho varsigma varsubsetneq vartheta vartriangle vartriangleleft
    vartriangleright vdash vdots vec vee veebar vert vphantom vspace wedge widehat widetilde wp wr xi
    xleftarrow xrightarrow yen zeta""".split()
)

EXECUTING: Final = frozenset(
    """AtBeginDocument AtEndDocument DeclareRobustCommand InputIfFileExists RequirePackage ShellEscape catcode chardef
    closein closeout countdef csname def dimendef directlua documentclass edef endinput endlinechar everycr everydisplay
    everyeof everyhbox everyjob everymath everypar everyvbox expandafter futurelet gdef immediate include input jobname
    latelua lccode let lstinputlisting luaexec makeatletter mathchardef mathcode muskipdef newcommand newenvironment
    newread newwrite openin openout outer pdffiledump pdfliteral pdfobj providecommand read readline renewcommand
    renewenvironment scantokens shellescape skipdef special toksdef uccode usepackage verbatiminput write
    xdef""".split()
)
"""Commands that read or write files, run code, or change what TeX reads next: a value that was data never has them."""

TEX_OF: Final = {
    character: command
    for command, character in SYMBOLS.items()
    if command in KNOWN_IN_MATH and character > "\u036f" and not unicodedata.combining(character)
} | dict(
    pair.split("=", 1)
    for pair in """∼=sim ≤=leq ≥=geq ≠=neq ε=varepsilon ϵ=epsilon φ=phi ϕ=varphi →=rightarrow ←=leftarrow ∞=infty
    −=- ′=prime ∈=in ∗=ast ⋅=cdot ∘=circ µ=mu ħ=hbar ℓ=ell ∂=partial ∇=nabla ×=times ±=pm ÷=div ¬=neg
    ⊂=subset ⊃=supset ∥=parallel ∣=mid Δ=Delta Ω=Omega ∑=sum ∏=prod √=surd ⟨=langle ⟩=rangle ∆=Delta Ω=Omega""".split()
    if len(pair) > 2
)
"""Character -> the command that prints it in math."""

LIKE_LATIN: Final = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True))
"""Greek letters that TeX has no command for, since they look like Latin ones."""
