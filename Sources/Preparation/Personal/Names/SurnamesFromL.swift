// Surnames in small letters, from l to z.
// Made by scripts/datasets/name_lists.py from tables of the US census of 1990 (public domain).

enum SurnamesFromL {
    /// Surnames that are no words.
    static let plain: StaticString = """
        labbe labelle labonte laboy labrecque labrie lacasse lacey lachance lacombe lacroix ladd ladner lafferty
        laflamme lafleur lafountain lafrance lahr lai lail laine laing laird lajoie lakey laliberte lally lalonde
        lamar lambert lamm lamont lamontagne lamoureux lampe lampkin lancaster landa landeros landers landes landis
        landon landreth landrum landry laney lang langdon lange langer langford langham langley langlois langston
        lanham lanier lankford lanning lantz lanza lapierre laplante lapointe laporte lapp lara largent larkin
        larkins laroche larochelle larosa larose larrabee larry larsen larson larue lasalle lasher lashley lasley
        lassiter laster latham lathrop latimer latta lattimore lau lauer laughlin laurent lavallee lavalley lavelle
        lavergne lavigne lavin lavoie lawhorn lawler lawlor lawrence lawson lawton layne layton lazarus lazo leahy
        leake leal lear leary leath leatherman leatherwood leavitt leblanc leboeuf lebron lebrun leclair leclerc
        lecompte ledbetter ledesma ledet ledezma ledford ledoux leeper lefebvre lefevre leflore leftwich leger legg
        leggett legrand lehman lehmann lehr leibowitz leigh leighton leija lejeune lemaster lemay lemieux lemire
        lemke lemley lemmon lemmons lemoine lemos lemus lenard lennon lennox lenoir lentz lenz leo leon leonard
        leonardo leone leong lepage lerma lerner leroy leslie lessard lester letourneau lett leung levasseur
        leverett levesque levi levin levine levinson levitt lew lewandowski lewin lewis ley leyva lheureux liang
        libby liddell lieberman liggett liggins lightfoot lightner ligon liles lillard lilley lillie lilly lim lima
        limon lin linares lincoln lind lindberg lindeman linder lindgren lindley lindner lindquist lindsay lindsey
        lindstrom lineberry ling linkous linn linton linville lippert lipscomb lister litchfield littlefield
        littlejohn littleton litton littrell liu livengood livingston lizotte llewellyn lloyd lockard locke lockett
        lockhart locklear lockwood loeffler loera loftin loftis lofton loftus logan loggins logsdon logue lohman
        lohr lomas lomax lombard lombardi lombardo lomeli london longo longoria loomis loos loper lopez lorenz
        lorenzo lott loucks loudermilk louie louis lovato lovejoy lovelace lovelady loveland lovell lovett lowder
        lowe lowell lowery lowman lowrey lowry loy loya loyd lozada lozano lucas luce lucero lucia luciano lucier
        lucio luckett luckey ludwig luevano lugo luis lujan luke luker lum lumpkin luna lund lundberg lundgren
        lundquist lundy lunn lunsford luong lupo lusk lussier luther luttrell lutz luu lux lykins lyle lyles lyman
        lynn lyon lyons lytle maas mabe mabry macarthur macdonald macdougall macgregor mach machado macias maciel
        mack mackay mackenzie mackey mackie macklin maclean macleod macmillan macomber macon macpherson maddox
        maddux mader madera madigan madison madore madrid madsen maes maestas magana magee maggard maggio magill
        magnuson magruder maguire mahaffey mahan maher mahler mahon mahone mahoney mai maier maki malave malcolm
        malcom maldonado malik malinowski mallett malley mallory malloy malone maloney maloy manchester mancini
        mancuso mandel maness mangrum mangum manion manley mann mannino manns mansfield manson mansour manuel
        manzano manzo mapes mapp marable marcano marchand marchant marchese marcotte marcum marcus marek marin
        marino marion markham markle markley markus marler marley marlow marlowe marquardt marquez marr marra
        marrero marriott marroquin marrs marshall marston martel martell martindale martineau martines martinez
        martino martinson marty martz marvin marx mascarenas mashburn massa massey massie masterson mastin mata
        mateo matheny mather matherly matherne mathers mathes matheson mathew mathews mathewson mathias mathieu
        mathis mathison matias matlock matney matos matson matta matteson matthew matthews mattingly mattison mattos
        mattox mattson matz mauldin maupin maurer maurice mauro maxey maxfield maxwell maya mayberry mayer mayers
        mayes mayfield mayhew mayle maynard mayorga mays mazur mazza mcabee mcadams mcadoo mcafee mcalister
        mcallister mcalpin mcalpine mcanally mcardle mcarthur mcatee mcauley mcavoy mcbee mcbride mcbroom mccabe
        mccafferty mccaffrey mccain mccall mccallister mccallum mccandless mccann mccants mccarter mccarthy
        mccartney mccarty mccary mccaskill mccaslin mccauley mcchesney mcclain mcclanahan mcclary mcclean mccleary
        mcclellan mcclelland mcclendon mcclintock mcclinton mccloskey mccloud mcclung mcclure mcclurg mccluskey
        mccollum mccomas mccombs mcconnell mccool mccord mccorkle mccormack mccormick mccowan mccown mccoy mccracken
        mccrary mccraw mccray mccrea mccreary mccrory mccue mcculley mcculloch mccullough mccune mccurdy mccurry
        mccutchen mccutcheon mcdade mcdaniel mcdaniels mcdavid mcdermott mcdevitt mcdonald mcdonnell mcdonough
        mcdougal mcdougall mcdowell mcduffie mceachern mcelhaney mcelroy mcevoy mcewen mcfadden mcfall mcfarland
        mcfarlane mcfarlin mcgarry mcgee mcgehee mcghee mcgill mcginley mcginn mcginnis mcginty mcglothlin mcglynn
        mcgough mcgovern mcgowan mcgrath mcgraw mcgregor mcgrew mcgriff mcguinness mcguire mchale mchenry mchugh
        mcinnis mcintire mcintosh mcintyre mciver mckay mckean mckee mckeever mckellar mckelvey mckenna mckenney
        mckenzie mckeon mckeown mckibben mckim mckinley mckinney mckinnon mcknight mckoy mclain mclane mclaren
        mclaughlin mclaurin mclean mclellan mclemore mclendon mcleod mcmahan mcmahon mcmanus mcmaster mcmichael
        mcmillan mcmillen mcmillian mcmillin mcminn mcmorris mcmullen mcmullin mcmurray mcnabb mcnair mcnally
        mcnamara mcnamee mcneal mcneely mcneil mcneill mcnew mcnulty mcnutt mcpeak mcphail mcphee mcpherson mcqueen
        mcrae mcreynolds mcswain mcvay mcvey mcwhorter mcwilliams meacham meade meador meagher mears mecham medeiros
        medellin medford medina medlin medlock medrano meehan meekins meeks mefford meier meister mejia melancon
        melanson melendez mello mellon melo melton melvin mena menard menchaca mendenhall mendes mendez mendoza
        menendez meneses menke meraz mercado mercer mercier mercurio meredith merkel merrell merrick merrifield
        merrill merriman merritt merriweather merryman mertens mertz messer messick messina messner metcalf metcalfe
        metts metz metzger metzler meyer meyers meza michael michaels michaelson michalski michaud michel michell
        michels mick mickelson mickens mickle middlebrooks middleton midkiff miele miguel milam milan milano milburn
        miley millan millar millard milligan milliken millsap milne milner milton mims mincey mingo minnick minter
        minton mintz miramontes miranda mireles mitchel mitchell mitchem mitchum mixon mize mizell mobley modlin moe
        moeller moen moffatt moffett moffitt mohamed mohammed mohler mohr mojica molina moller molloy molnar monaco
        monaghan monahan moncrief monday mondragon monge moniz monroe monroy monson montague montalvo montana
        montanez montano montemayor montenegro montero montes montez montgomery montiel montoya mooney moore
        moorehead moorer moorman mora morales moralez moran moreau morehead morehouse moreira morel moreland morelli
        moreno morey morgan moriarty morin moritz morley morrell morrill morris morrison morrissette morrissey morse
        mortensen mortenson mortimer morton mosby moseley mosely moser moses mosher mosier mosley mosqueda mota
        moten moton mott moua moulton moultrie mouton mowery mowry moxley moy moya moye moyer moyers mudd mueller
        muhammad muir mulcahy mulholland mulkey mullen mullens muller mulligan mullin mullinax mullins mullis
        mumford muncy mundy munger munguia muniz munn munoz munro munroe munson murchison murdoch murdock murillo
        muro murphey murphy murray murrell murry musgrave musgrove musick musselman musser myer myers myles myrick
        nabors nadeau nagel nagle nagy najera nakamura nall nalley nance napier napolitano napper naquin naranjo
        narvaez nash nason natale nathan natividad nava navarrete navarro naylor nazario neace neal neale nealy
        neary necaise needham neel neeley neely neese neff negrete negron neil neill neilson nelms nelsen nelson
        nemeth neri nero nesbit nesbitt nesmith ness nester nestor neubauer neuman neumann nevarez nevels neville
        newberry newby newcomb newell newhouse newkirk newland newman newport newsom newsome newson nez ngo nguyen
        nicholas nicholls nichols nicholson nickell nickerson nicolas nielsen nielson niemi nieto nieves niles
        nilsson nino nissen nixon noah noe nolan noland nolen noll nolte noonan nord nordstrom norfleet noriega
        norman norris northcutt norton norvell norwood nottingham novak novotny nowak nowell nowicki nowlin noyes
        nugent nunes nunez nunley nunn nunnally nutt nutter nye oakes oakley oates oberg obrian obrien obryan
        obryant ocampo ocasio ochoa ochs oconnell oconner oconnor odell oden odom odonnell odum ogburn ogden oglesby
        ogletree ogrady ohara ohare ojeda okeefe okelley oldham olds oleary olguin olin olinger oliphant oliva
        olivares olivarez olivas oliveira oliver olivera olivier olivo olmos olmstead olney olsen olson olszewski
        olvera omalley omara oneal oneil oneill ong ontiveros oquendo oquinn orcutt ordonez oreilly orellana orlando
        ornelas orosco orourke orozco orr orta ortega ortego orth ortiz orton osborn osborne osburn osgood oshea
        osorio osteen oster ostrander osullivan osuna oswald oswalt otero otis otoole ott otten otto oubre ouellette
        ousley overby overman overstreet overton owen owens owings owsley oyler ozuna pabon pacheco packard padgett
        padilla padron paez pagano paige paine pak palacio palacios palermo palma palmer palmieri palmore palomo
        palumbo paniagua pankey pannell pantoja pape pappas paquette paquin paradis pardo pardue paredes parenteau
        parham paris parisi parke parker parkhurst parkinson parkman parmer parnell parr parra parris parrish
        parrott partain partida partin parton paschall pascual passmore patel paterson patino patrick patten
        patterson pattison patton paul pauley paulino paulk paulsen paulson paxton payne payton paz peabody peachey
        peake pearce pearman pearsall pearson peckham peden pedersen pederson pedigo pedraza pedro pedroza peebles
        peele peeler peeples peery pegues pelayo pelkey pellegrino pellerin pelletier peltier pelton pemberton pena
        pender pendergrass pendleton penland penn pennell penney pennington penrod penton pepe pepin perales peralta
        percy perdue perea pereira peres perez perkins perlman perreault perri perrin perrine perron perrone perry
        perryman persaud persinger pete peterman petersen peterson petit petrie petry petterson pettiford pettigrew
        pettis pettit pettus pettway peyton pfaff pfeffer pfeifer pfeiffer pfister pham phan pharr phelan phelps
        phifer philip philips phillip phillips philpot phipps picard pichardo pickard pickens pickering pickett
        pieper piercy pierre pierson pigg pilcher pilkington pimental pimentel pina pinckney pinder pineda pinkerton
        pinkham pinkney pinkston pino pinson pipkin pires pirtle pitman pitre pitt pittman pitts pizarro plante
        plascencia platt plourde plumley plummer plunkett poe pogue pohl poindexter poirier poisson polanco poland
        polk pollack pollard polley pollock polson pomeroy ponce poole pooler poore popp porras porterfield portillo
        portis posey poston poteat poteet potts poulin poulos powe powell poynter prado prater prather pratt
        preciado preece prendergast prentice prescott presley pressley preston prevost prewitt prichard priddy
        pridemore pridgen prieto pringle pritchard pritchett probst proffitt propst prosser proulx provencher pruett
        pruitt pryor puckett puente puga pugh pugliese pulido pullen pulliam pulver pumphrey purcell purdy purnell
        purvis puryear putman putnam pyle pyles qualls quan quarles quesada quezada quigley quiles quillen quimby
        quinlan quinn quinones quinonez quintana quintanilla quintero quiroz raby racine rackley radcliff radcliffe
        rademacher rader radford radtke rae rael rafferty ragan rager ragland ragsdale rahn raines rainey raleigh
        raley ralph ralston ramage rambo ramer ramey ramirez ramon ramos ramsay ramsey rand randall randazzo randell
        randle randolph raney rangel rankin rankins ranson rao raper rapp rascon rasmussen ratcliff ratcliffe
        rathbone rathbun ratliff rau rauch rausch rawlings rawlins rawls rawson rayburn rayford raymer raymond
        rayner raynor razo rea reagan reardon reaves reavis reber redd reddick redding reddy redman redmon redmond
        reece reeder rees reese regalado regan rego reich reichert reid reilly reimer reinhardt reinhart reinke
        reiss reiter reitz rembert remillard remington renaud rendon renfro renfroe renfrow renner reno renteria
        resendez reuter rex rey reyes reyna reynolds reynoso rhinehart rhoades rhoads rhoden rhodes rhone rhyne
        ricci richard richards richardson richburg richey richie richman richmond richter rickard ricker ricketts
        rickman rico riddell riddick ridenour rideout ridgeway ridgway ridley riedel ries rigby riggins riggs rigney
        rigsby riley rimmer rinaldi rincon rinehart riojas riordan rios ripley risner ritchey ritchie rittenhouse
        ritter ritz rivard rivas rivera rivero rizzo roark robb robbins roberge roberson robert roberts robertson
        robey robichaud robichaux robinett robinette robinson robison robledo robles robson roby rocco rocha roche
        rochelle rochester rockwell rodarte rodas roddy roden roderick rodgers rodman rodrigue rodrigues rodriguez
        rodriquez rohde rohr rohrer rojas rojo roland roldan rolfe rollins rolon romano rome romeo romero romine
        romo rondeau roney rooker rooney roop roper roque rosa rosado rosales rosario rosas roscoe roseberry rosen
        rosenbaum rosenberg rosenberger rosenblum rosenfeld rosenthal ross rosser rossi rossman roth rothman
        rothstein roundtree roundy rountree roush rousseau roussel rowan rowden rowe rowell rowland rowlett rowley
        roy roybal royce royer royster rozier rubin rubino rubio ruch rucker rudd rudolph rudy ruelas ruffin
        ruggiero ruggles ruhl ruiz rumph rumsey runge runion runyan runyon rupert rupp ruppert russ russel russell
        russo ruth rutherford rutland rutledge rutter ruvalcaba ryals ryan ryder saad saavedra sabin sabo sacco
        sachs sackett saddler sadler sadowski saenz saez safford sain saiz salas salazar salcedo salcido saldana
        saldivar salem salerno salgado salinas salisbury sallee salley salvador salvatore salyer salyers sam
        samaniego sammons samons sampson sams samson samuel samuels samuelson sanabria sanborn sanches sanchez
        sandberg sanderson sandifer sandler sandlin sandoval sandstrom sanford sankey sansone santacruz santamaria
        santana santiago santillan santo santoro santos sapp sargent sarmiento sartin sarver sasser sato satterfield
        satterwhite sattler sauceda saucedo sauer saul sauls saunders savoie savoy saxon saxton sayers sayles saylor
        sayre scalf scanlan scanlon scarberry scarborough scarbrough scarlett schaefer schaeffer schafer schaffer
        schaller schatz scheer scheffler schell schenck schenk scherer schexnayder schick schiller schilling
        schindler schlegel schlosser schlueter schmid schmidt schmitt schmitz schneider schnell schoen schofield
        scholl scholz schoonover schott schrader schramm schreiber schreiner schrock schroder schroeder schubert
        schuler schulman schulte schultz schulz schulze schumacher schuman schumann schuster schutz schwab schwartz
        schwarz schweitzer scofield scoggins scott scribner scroggins scruggs scudder scully seabolt seale sealy
        searcy searle searles seaton seay sebastian sedillo seeger seeley seely segal seger segovia segura seibert
        seidel seifert seiler seitz selby sellars sena seng senn sepulveda serna serra serrano serrato sessoms
        setzer severson sevilla seward sewell seymore seymour shackelford shafer shaffer shanahan shane shaner
        shankle shanklin shannon shapiro sharkey sharma sharpe shattuck shaw shay shea shealy shedd sheehan
        sheffield shelby sheldon shelley shelly shelton shepard shephard sheppard sherer sheridan sherlock sherman
        sherrill sherrod sherwood shifflett shinn shipe shipley shipman shipp shirey shirley shively shockey
        shockley shoemake shoffner shoop shoup shouse showalter shrader shreve shriver shropshire shrum shubert
        shuler shull shults shultz shumaker shuman shumate shumway shupe shuster shutt sibley siebert siegel sievers
        sigler sigmon sikes sikora silas siler silva silvas silveira silverman silverstein silvey silvia simmon
        simmons simms simon simonds simone simons simonson simpkins simpson sinclair singh singletary sipe sipes
        sipple sirois sisco sisk sisneros sisson sizemore skaggs skeen skelton skidmore skiles skinner slade slagle
        slater slaton slattery slavin slayton sloan slocum slone slusher smalley smallwood smitherman smithers
        smithson smoot smyth snapp snead sneed snell snodgrass snook snowden snyder soares soileau sokol solano
        solberg soler solis soliz solomon solorio solorzano somers somerville sommer sommers sonnier soper sorensen
        sorenson soria soriano sorrell sorrells sosa sotelo soto soucy soule sousa southard southerland southworth
        souza sowell spain spalding spangler spann sparkman spaulding spearman speer speight spellman spence spencer
        sperling sperry spicer spiegel spiker spiller spillman spinelli spinks spitzer spivey spooner spradlin
        sprague spriggs springer sprouse spruill spurgeon spurlock stacey stackhouse stacy stadler stafford staggs
        stahl staley stallard stallings stallworth stamey stamm stamper stancil standley stanfield stanfill stanford
        stanley stansberry stansbury stanton stapleton starkey starks starnes starr staten staton stauffer stclair
        steadman stearns stebbins steele steelman steen steffen stegall steger steinberg steiner steinke steinmetz
        stephan stephen stephens stephenson stepp sternberg steven stevens stevenson stewart stgermain sthilaire
        stickney stidham stiffler stillman stillwell stiltner stilwell stine stinnett stinson stites stith stitt
        stjohn stlouis stocker stockman stockton stockwell stoddard stoll stoltz stoltzfus stonge storer stott
        stotts stouffer stovall stover stowe stowell stowers stpierre strader stratton straub strauss strawn
        streeter stribling strickland strickler stricklin stringfellow strobel stroh strom stroman stromberg
        strother stroud stroup struble strunk stuart stubblefield stubbs stuckey studer stull stultz stumpf
        sturdivant sturgill sturgis sturm stutzman suarez suber sublett sudduth suggs suh suiter sullins sullivan
        summerlin summerville sumner sumpter sumrall sundberg sunderland surber surratt sussman sutherland sutphin
        sutter suttles sutton suzuki swafford swaim swann swanson swartz swearingen sweatt sweeney swenson swett
        swiger swindell swink swinney swinton switzer swope sykes sylvester sylvia szabo szymanski tabb taber tabor
        tackett tafoya taft taggart tait takahashi talbert talbot talbott tallent talley tallman tamayo tamez tanaka
        tankersley tapia tapley tapp tarango tardiff tarr tarrant tarver tate tatro tatum tavares taveras taylor
        teague tedder tedesco teel teixeira tejada tejeda tellez tello templeton tennant tenney tennyson tenorio
        terrazas terrell terrill tesch testa tetreault tew thacker thai thames thao tharp tharpe thaxton thayer
        theis theisen theriault theriot therrien thibault thibeault thibodeau thibodeaux thiel thielen thies thigpen
        thom thoma thomas thomason thompkins thompson thomsen thomson thornburg thorne thornhill thornton thorp
        thorpe thorson thorton thurber thurman thurmond thurston tibbetts tibbs tice tidwell tierney tiffany tighe
        tijerina tillery tilley tillis tillman tillotson tilton timberlake timm timmerman timmons timms tincher
        tindall tinney tinsley tipton tirado tisdale titus tobey tobias tobin todd tolbert toledo tolentino toler
        toliver tolley tolliver tolman tolson tomas tomlin tomlinson tompkins toney toole tooley toombs toomey
        torgerson toro torrence torres torrey torrez toscano toth totten toussaint tovar towle towne towner townes
        townsend tracey tracy trahan trainor trammell tran trantham trapp trask travers travis traylor treadway
        treadwell treece trejo tremblay trent trevino tribble trigg trimble trinh trinidad triplett tripp trombley
        trotman trott troutman trowbridge troyer truax trudeau truesdale truitt trujillo trull truman truong
        trussell tsai tse tsosie tubbs tucci tudor tuggle tull tully tunnell tunstall turcotte turgeon turk turley
        turman turnage turnbow turnbull turney turpin tuttle tye tyler tyndall tyner tyree tyrrell tyson ulloa ulmer
        ulrich underhill underwood unger unruh upchurch upshaw upton urbina urena urias uribe urquhart ussery utley
        vaca vaccaro vachon vail vaillancourt valadez valdes valdez valdivia valencia valente valenti valentin
        valentino valenzuela valerio valladares valle vallejo valles valverde vanburen vanbuskirk vance vandenberg
        vanderpool vandiver vandusen vandyke vang vanhoose vanhorn vanhouten vanmeter vann vannoy vanover vanpelt
        vansickle vanwinkle varela varga vargas vargo varner varney vasquez vaughan vaughn vaught vazquez veach vega
        veilleux vela velarde velasco velasquez velazquez velez veliz venable venegas ventura vera verdin verdugo
        verduzco vergara vernon vestal vetter vick vickers vickery victoria vidal vidrine vieira viera vierra
        villagomez villalobos villalpando villanueva villareal villarreal villasenor villegas vincent vining vinson
        virgil vitale vogel vogt voigt volk vollmer volpe volz voorhees voss vue wachter waddell wadley wadsworth
        waggoner wagner wahl wainwright waite waites wakefield walden waldman waldon waldron waldrop wallace wallen
        waller wallin wallis walsh walston walter walters walther walton walz wampler wang warfield waring warner
        warnock warrick warrington warwick washburn washington wasserman wasson watanabe waterman watford watkins
        watson watters watterson waugh wayman wayne weatherby weatherford weatherly weathersby weatherspoon webb
        webber weber webster weddle weekley weems wegner weidner weigel weil weiland weiler weimer weinberg weiner
        weinstein weis weise weiser weiss welborn weldon welker weller wellman welton welty wendel wendt wenger
        wentworth wentz wenzel werner wert wertz wescott wesley wessel wesson westbrook westbrooks westcott wester
        westerman westfall westmoreland weston westover westphal wetmore wetzel whalen whaley wharton whatley
        wheatley wheaton whelan whipple whitacre whitaker whitcomb whited whitehead whitehouse whitehurst whiteman
        whiteside whitfield whitford whitley whitlock whitlow whitman whitmer whitmire whitmore whitney whitson
        whitt whittaker whitted whittemore whitten whittington whitworth whorton whyte wickham wiegand wieland wiese
        wigfall wiggins wilbanks wilber wilborn wilbur wilburn wilcher wilcox wilde wildman wiley wilfong wilhelm
        wilhite wilke wilkens wilkerson wilkes wilkie wilkins wilkinson wilks willard willett willette willey
        william williams williamson willie williford willingham willis willoughby willson wilmot wilmoth wilson
        wimberly wimmer winchell winchester winder windham windsor winfield winfrey wingard wingate wingfield wingo
        winkler winn winslow winstead winston winton wirth wiseman wisniewski witcher witham witherspoon withrow
        witkowski witt witte witter wofford wojcik wolcott wold wolfe wolff wolford womack wong woodall woodard
        woodbury woodford woodhouse woodley woodring woodruff woodson woodward woodworth woolard wooldridge wooley
        woolf woolley woolsey wooten worden worley worrell worsham wortham worthen worthington wortman wozniak wray
        wrenn wyant wyatt wyche wyckoff wylie wyman wynn wynne wyrick wysocki xiong yager yamada yamamoto yan yancey
        yancy yanez yang yarborough yarbrough yates yazzie ybarra yeager yee yingling yocum yoder yoho yoo yoon york
        yoshida yost youmans youngblood youngs yount yuen zachary zahn zambrano zamora zamudio zapata zaragoza
        zarate zavala zayas zeigler zelaya zeller zepeda zhang ziegler zielinski zimmer zimmerman zimmermann zink
        zinn zook zuber zuniga
        """
}
