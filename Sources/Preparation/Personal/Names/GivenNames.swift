// Given names in small letters.
// Made by scripts/datasets/name_lists.py from tables of the US census of 1990 (public domain).

enum GivenNames {
    /// Names that mean little else.
    static let plain: StaticString = """
        aaron abbie abby abdul abe abel abigail abraham abram ada adalberto adam adan addie adela adelaida adele
        adelia adelina adeline adell adella adelle adina adolfo adolph adria adrian adriana adriane adrianna
        adrianne adrienne afton agatha agnes agustin agustina ahmad ahmed aida aileen aimee aisha aja alaina alan
        alana alanna alba albert alberta albertha albertine alberto albina alda alden aldo alec alecia alejandra
        alejandro alena alene alesha alesia aleta aletha alethea alex alexa alexander alexandra alexia alexis
        alfonso alfonzo alfred alfreda alfredo ali alice alicia alida alina alisa alisha alison alissa allan allen
        allene allie allison allyson alma almeda alonso alonzo alphonse alphonso alta altagracia althea alton alva
        alvaro alvin alvina alyce alycia alysia alyson alyssa amada amado amalia amanda ambrose amelia ami amie amos
        amparo amy ana anabel anastacia anastasia anderson andra andre andrea andreas andres andrew andria andy
        angela angelia angelica angelina angeline angelique angelita angella angelo angie anglea anh anibal anika
        anissa anita anitra ann anna annabel annabelle annamarie anne anneliese annemarie annetta annette annie
        annmarie anthony antione antionette antoine antoinette anton antone antonette antonia antonina antonio
        antony antwan april araceli aracely arcelia archie arden ardis ardith aretha ariana ariel arielle arleen
        arlen arlene arlette arlie arline armand armando armida arnold arnoldo arnulfo aron arron arthur artie
        arturo asa asha ashely ashlee ashleigh ashley ashlie ashly ashton astrid athena aubrey audra audrey audry
        augustine augustus aurea aurelia aurelio aurora ava avery avis awilda ayesha bailey bambi barb barbara
        barbie barbra barrett barry bart barton bea beatrice beatriz becky belen belinda bella belva ben benedict
        benita benito benjamin bennett bennie benny benton berenice bernadette bernadine bernard bernardo bernice
        bernie berniece bernita bert berta bertha bertie bertram bess bessie beth bethany betsy bette bettie bettina
        betty bettye beulah beverley beverly bianca billie billy blaine blair blake blanca blanche bobbi bobbie
        bobby bobbye bonita booker boris boyce boyd bradford bradley bradly brady brandee branden brandi brandie
        brandon brant breanna breanne bree brenda brendan brendon brenna brent brenton bret brett brian briana
        brianna brianne brice bridget bridgett bridgette brigette brigitte britney britt brittani brittany brittney
        brock broderick brooke bruce bruno bryan bryant bryce bryon buffy buford burl burt burton byron caitlin
        caitlyn caleb callie calvin cameron cami camilla camille candace candance candelaria candi candice candida
        candis cara caren carey cari caridad carin carina carissa carl carla carleen carlene carlo carlos carlota
        carlotta carlton carly carlyn carma carman carmel carmela carmelita carmella carmelo carmen carol carolann
        carole carolee caroline carolyn carolynn caron carri carrie carrol carroll carson carter cary caryl caryn
        casandra casey cassandra cassidy cassie catalina catharine catherine cathi cathie cathleen cathrine cathryn
        cathy catina catrina cecelia cecil cecile cecilia cecily cedric cedrick celeste celestine celia celina cesar
        chadwick chana chanda chandra chanel chang chantal chantel chantelle charissa charisse charla charleen
        charlene charles charlette charley charlie charline charlotte charmaine charolette chas chasity chauncey
        chelsey chelsie cheri cherie cherise cherly cherri cherrie cheryl cheryle chester chet cheyenne chiquita
        chloe chong chris chrissy christa christal christel christene christi christiana christiane christie
        christin christina christine christoper christopher christy chrystal chun chung ciara cierra cinda cindi
        cindy cinthia clair claire clara clare clarence claribel clarice clarissa clark claud claude claudette
        claudia claudine claudio clayton clemente clementine cleo cleta cletus clifford clifton clint clinton clyde
        cody colby cole coleen coleman colette colin collette collin colton concepcion concetta connie conrad
        constance consuelo cora corazon cordelia cordell corene corey cori corina corine corinna corinne cornelia
        cornelius cornell corrie corrina corrine cortez cortney cory courtney craig cristal cristi cristin cristina
        cristine cristobal cristopher cristy cruz curtis cyndi cynthia cyril cyrus cythia dalia dalton damaris
        damian damien damion damon dan dana dane danelle danette dani danial danica daniel daniela daniele daniella
        danielle danilo danita danna dannie dannielle danny dante danyelle daphne dara darci darcie darcy darell
        daren daria darin dario darius darla darleen darlene darline darnell daron darrel darrell darren darrick
        darrin darron darryl darwin daryl dave david davida davina davis dawna dayna deana deandre deangelo deann
        deanna deanne debbie debbra debby debi debora deborah debra debrah dedra dee deena deidra deidre deirdre del
        delbert delfina delia delilah della delma delmar delmer delois delora delores deloris delphia delphine
        demarcus demetra demetria demetrius dena deneen denice denis denise denna dennis denny deon derek derick
        deshawn desirae desiree desmond dessie devin devon dewayne dewey dewitt dexter dian diana diane diann dianna
        dianne diego dillon dina dinah dino dion dionne dixie dollie dolores domenic domenica dominga domingo
        dominic dominick dominique dona donald dong donita donn donna donnell donnie donny donovan donte dora dorcas
        doreen dorene doretha dori dorian dorinda doris dorotha dorothea dorothy dorris dorsey dortha dorthea dorthy
        dottie doug douglas douglass dovie doyle duane dudley dulce duncan dustin dwain dwayne dwight dylan earle
        earlene earline earnestine eartha easter eboni eda eddie edelmira eden edgar edgardo edie edison edith
        edmond edmund edmundo edna eduardo edward edwardo edwin edwina edythe effie efrain efren eileen elaina
        elaine elana elba elbert elda elden eldon eldora eldridge eleanor eleanora eleanore elena elenor elfriede
        eli elia elias elida elijah elinor elisa elisabeth elise eliseo elisha elissa eliza elizabeth elizebeth ella
        ellen ellie elliot elliott ellis ellsworth elma elmer elmira elmo elna elnora eloisa eloise elouise eloy
        elroy elsa elsie elton elva elvera elvia elvin elvira elvis elwood elyse emanuel emelia emerson emil emile
        emilia emilie emilio emily emma emmanuel emmett emmitt emogene emory ena enedina enid enoch enrique
        enriqueta erasmo eric erica erich erick ericka erik erika erin erlinda erma erna ernest ernestina ernestine
        ernesto ernie errol ervin erwin esmeralda esperanza essie esteban estela estella estelle esther estrella
        ethan ethel ethelyn etta eugene eugenia eugenie eugenio eula eulalia eun eunice eusebio eva evalyn evan
        evangelina evangeline evelia evelyn everett everette evette evie evon evonne ezekiel ezequiel ezra fabian
        fabiola fallon fannie farrah fatima faustino fausto fay faye federico felecia felica felice felicia felicita
        felicitas felipa felipe felisa felisha felix felton ferdinand fermin fernando ferne fidel filiberto filomena
        fiona fletcher flor florencio florene florentino florida florine flossie floy floyd fonda forrest fran
        frances francesca francesco francine francis francisca francisco frankie franklin franklyn fred freda
        freddie freddy frederic frederick fredric fredrick freida frieda fritz gabriel gabriela gabriella gabrielle
        gail galen garfield garrett garry garth gary gaston gavin gaye gayla gayle gaylord gaynell gemma gena genaro
        genevieve genoveva geoffrey george georgetta georgette georgiana georgianna georgie georgina gerald
        geraldine geraldo geralyn gerard gerardo gerda geri germaine gerri gerry gertie gertrude gil gilbert
        gilberto gilda gillian gina ginny gino giovanna giovanni gisela gisele giselle giuseppe gladis gladys glenda
        glenn glenna gloria golda goldie gonzalo gordon gracie graciela grady graham graig granville greg gregg
        gregoria gregorio gregory greta gretchen gretta griselda grover guadalupe guillermina guillermo gus gussie
        gustavo gwen gwendolyn hai hailey hal haley hallie hanna hannah hans harlan harland harley harold harriet
        harriett harriette harris harrison harry harvey hassan hattie haydee hayden hayley haywood hedwig heidi
        helen helena helene helga hellen henrietta henry herbert heriberto herlinda herman hermelinda herminia
        herschel hershel hester hettie hilario hilary hilda hildegard hillary hilton hipolito hiram hoa hobert holli
        hollie hollis hong horace horacio hortencia hortense hortensia hosea howard hoyt hubert huey hugh hugo hui
        hulda humberto huong hyman ian ida idalia idella ignacio ike ila ileana ilene iliana ilona ilse ima imelda
        imogene ina ines inez inga inge ingeborg ingrid iola iona ione ira irena irene irma irvin irving irwin isaac
        isabel isabell isabella isabelle isaiah isaias isela isiah isidro ismael isreal issac iva ivan ivette ivonne
        jacalyn jacinta jacinto jackeline jackie jacklyn jaclyn jacob jacque jacquelin jacqueline jacquelyn jacques
        jacquline jada jae jaime jaimie jake jamaal jamal jamar jame jamel james jamey jami jamie jamila jamison
        jammie jan jana janae jane janeen janel janell janelle janene janet janette janey janice janie janina janine
        janis janna jannette jannie jaqueline jared jarod jarrett jarrod jarvis jasmin jason jaunita javier jayme
        jayne jayson jazmin jean jeana jeane jeanetta jeanette jeanie jeanine jeanna jeanne jeannette jeannie
        jeannine jed jeff jefferey jeffery jeffrey jeffry jena jenelle jenifer jeniffer jenna jennette jenni jennie
        jennifer jenniffer jenny jerald jeraldine jeramy jere jeremiah jeremy jeri jerilyn jermaine jerold jerome
        jeromy jerrell jerri jerrie jerrod jerrold jerry jesica jess jesse jessica jessie jettie jewell jill jillian
        jim jimmie jimmy joan joana joanie joann joanna joanne joaquin jocelyn jodi jodie jody joe joel joelle
        joellen joesph joetta joey johanna john johnathan johnathon johnetta johnie johnna johnnie johnny johnson
        joi joleen jolene jolynn jon jonah jonas jonathan jonathon joni jonna jonnie jordon jorge jose josef josefa
        josefina joseph josephina josephine josette joshua josiah josie jospeh josue jovita joyce joycelyn juan
        juana juanita jude judi judie judith judson judy jules juli julia julian juliana juliann julianna julianne
        julie juliet julieta juliette julio julissa julius june jung justin justina justine kacey kaci kacie kaitlin
        kaitlyn kala kami kandace kandi kandice kandy kara karan kareem karen kari karie karin karina karissa karl
        karla karlene karol karolyn karon karri karrie karyn kasandra kasey kassandra kate katelyn katharine
        katherine katheryn kathi kathie kathleen kathlene kathlyn kathrine kathryn kathryne kathy kathyrn katie
        katina katrina katy kay kaye kayla kaylee kecia keely keenan keiko keisha keith keli kelley kelli kellie
        kelly kelsie kelvin kendall kendra kendrick keneth kenna kenneth kennith kenny kent kenton kenyatta keri
        kermit kerri kerrie kerry kesha keshia keven kevin kia kiara kieth kim kimberely kimberlee kimberley
        kimberly kip kira kirby kirk kirsten kirstin kisha kizzy korey kori kory kraig kris krista kristal kristan
        kristen kristi kristian kristie kristin kristina kristine kristofer kristopher kristy kristyn krystal
        krystle krystyna kum kurt kurtis kyla kyle kylee kylie kyong kyra kyung lacey laci lacie ladonna lai
        lakeisha lakesha lakeshia lakisha lamar lamont lan lana landon lanette lani lanita lanny laquita lara
        larissa larry larue lashanda lashawn lashonda latanya latasha latisha latonia latonya latosha latoya latrice
        latricia laura laureen lauren laurence laurene lauretta laurette lauri laurie lavada lavern laverne lavina
        lavinia lavon lavonda lavonne lawanda lawerence lawrence lazaro leah leandra leandro leann leanna leanne
        leatha leatrice leda leeann leesa leif leigh leila leilani leisa lela leland lelia lemuel len lena lenard
        lennie lenny lenora lenore leo leola leon leona leonard leonardo leone leonel leonor leonora leopoldo leora
        leota leroy les lesa leslee lesley lesli leslie lessie lester leta letha leticia letitia lettie levi lewis
        lia liana liane libby lida lidia lila lilia lilian liliana lillian lillie lilly lin lina linda lindsay
        lindsey lindy linette linh linnea linnie lino linsey linwood lionel lisa lise lisette lissa lissette lita
        liz liza lizabeth lizbeth lizette lizzie lloyd logan lois lola lolita lon lona lonnie lonny lora loraine
        loreen lorelei loren lorena lorene lorenza lorenzo loretta lori lorie lorinda lorine lorna lorraine lorretta
        lorri lorrie lottie lou louann louella louie louis louisa louise lourdes lovie lowell loyd luana luann
        luanne lucas lucia luciana luciano lucie lucien lucila lucile lucille lucinda lucio lucius lucretia lucy
        luella luigi luis luisa luke lula lulu lupe lura luther luz lydia lyle lyman lyn lynda lyndon lyndsey
        lynette lynn lynne lynnette lynwood mabel mable mac mack mackenzie madeleine madeline madelyn madge madonna
        mae magda magdalena magdalene maggie mai majorie malcolm malcom malik malinda malissa mallory mamie mandi
        mandy manuel manuela mara maranda marc marcel marcela marcelina marcelino marcella marcelle marcellus
        marcelo marci marcia marcie marco marcos marcus marcy margaret margarette margarito marge margery margie
        margo margot margret marguerite mari mariah mariam marian mariana mariann marianna marianne mariano maribel
        maricela marie marietta marilee marilyn marilynn mario marion marisa marisela marisol marissa marita maritza
        marjorie marjory markus marla marlena marlene marlon marlyn marlys marnie marquerite marquita marsha
        marshall marta martha marti martina marty marva marvin maryann maryanne marybeth maryellen maryjane marylin
        marylou mathew matilda matilde matthew mattie maud maude maudie maura maureen maurice mauricio maurine mauro
        mavis maxie maximo maxine maxwell maya maybelle mayme maynard mayra mckinley meagan meaghan megan meghan mei
        mel melanie melba melina melinda melisa melissa mellisa mellissa melodie melony melva melvin melvina
        meredith merle merlin merrill mervin mia micaela micah michael michaela michal michale micheal michel
        michele michell michelle migdalia miguel mike mikel milagros mildred milford millard millicent millie milo
        milton mimi mina mindy minerva minh minnie miquel miranda mireya miriam mirian mirna missy misti mitch
        mitchel mitchell mittie mitzi modesto mohamed mohammad mohammed moises mollie molly mona monica monika
        monique monroe monty morgan morris morton mose moses moshe mozelle muriel murray myles myra myriam myrna
        myron myrtis nadia nadine nakia nan nanci nancy nanette nannette nannie naomi napoleon natalia natalie
        natasha nathalie nathan nathanael nathanial nathaniel natividad neal ned nedra neil nelda nell nellie nelly
        nelson nena nereida nestor nettie neva neville nicholas nichole nicki nickolas nicky nicola nicolas nicole
        nigel niki nikita nikki nila nilda nina nita noah noe noelle noemi nola nolan nona nora norbert norberto
        noreen norma norman normand norris nydia octavia octavio odell odessa odis ofelia ola olen oleta olga olin
        oliver olivia ollie oma omar omer ona ophelia ora oralia oren orpha orval orville oscar osvaldo oswaldo otha
        otis otto owen pablo paige palmer pam pamala pamela parker pasquale patrica patrice patricia patrick patti
        pattie paul paula paulette paulina pauline pearlie pearline pedro peggie peggy penelope pennie percy perla
        perry pete peter petra phil philip phillip phillis philomena phuong phylis phyliss phyllis pierre pilar
        polly porfirio portia preston pricilla priscilla quentin quincy quinn quintin quinton rachael racheal rachel
        rachelle rae rafael rafaela raleigh ralph ramiro ramon ramona randal randall randell randi randolph raphael
        raquel rashad raul rayford raymon raymond raymundo reba rebeca rebecca rebekah refugio reggie regina
        reginald reid reina reinaldo rena renae renaldo renata renate renato rene renee renita reta retha reuben
        reva rex rey reyes reyna reynaldo rhett rhiannon rhoda rhonda ricardo richard richelle richie rickey rickie
        ricky rico rigoberto riley rita robbie robbin robby robert roberta roberto robt robyn rocco rochelle rocio
        rod roderick rodger rodney rodolfo rodrick rodrigo rogelio roger roland rolando rolf rolland roma romeo
        romona ron rona ronald ronda ronnie ronny roosevelt rory rosa rosalba rosalee rosalia rosalie rosalina
        rosalind rosalinda rosalyn rosanna rosanne rosario roscoe roseann roseanna roseanne rosella roselyn
        rosemarie rosendo rosetta rosie rosina rosita roslyn ross rowena roxana roxane roxann roxanna roxanne roxie
        roy royce ruben rubin rubye rudolf rudolph rudy rueben rufus rupert russ russel russell ruth ruthann ruthie
        ryan sabina sabrina sadie sal salina sallie sally salvador salvatore sam samantha samatha sammie sammy
        samual samuel sandi sandra sanford sanjuana sanjuanita santiago santo santos sara sarah sasha saul saundra
        scarlett scot scott scottie scotty sean sebastian selena selina selma serena sergio seth seymour shaina
        shalonda shameka shamika shana shanda shane shanna shannon shanon shanta shante shantel shara shari sharla
        sharlene sharon sharonda sharron sharyn shaun shauna shawn shawna shayla shayna shayne sheena sheila shelby
        sheldon shelia shelley shelli shellie shelly shelton sheree sheri sherie sherita sherman sherri sherrie
        sherrill sherwood sheryl shiela shirlene shirley shon shonda sid sidney silas silvia simon simone socorro
        sofia soledad solomon sondra sonia sonja sonya sophia sophie spencer stacey staci stacia stacie stacy stan
        stanford stanley stanton starla starr stefan stefanie stella stephan stephanie stephany stephen stephenie
        steve steven stevie stewart stuart susan susana susanna susannah susanne susie suzan suzanna suzanne suzette
        sybil sylvester sylvia tabatha tabitha tamara tameka tamela tamera tami tamika tammi tammie tammy tamra tana
        tania tanisha tanya tara taryn tasha tatiana tawana tawanda tawnya taylor ted teddy teena tena teodoro tera
        terence teresa terese teresita teressa teri terra terrance terrell terrence terri terrie terry tessa tessie
        thad thaddeus thanh thea theda thelma theo theodora theodore theresa therese theron thomas thurman thuy tia
        tiana tierra tiffani tiffanie tillie tim timmy timothy tina tisha titus tobias toby tod todd tom tomas
        tomasa tomeka tommie tommy toney toni tonia tonja tony tonya tori tory tosha toya tracey traci tracie tracy
        travis trena trent trenton tresa tressa treva trevor trey tricia trina trinidad trisha trista tristan trudy
        truman tuan twila twyla tyler tyra tyree tyrell tyron tyrone tyson ulysses una ursula vada val valarie
        valencia valentin valentina valeria valerie valorie vance vanessa vaughn veda velda velma venessa venita
        venus vera verda vergie verla vern verna vernell vernice vernon veronica vesta vicente vickey vicki vickie
        vicky victor victoria vida vikki vilma vince vincent vincenzo violeta virgie virgil virgilio virgina vito
        vivian viviana vonda wallace wally walter walton wanda warner waylon wayne weldon wendell wendi wendy werner
        wes wesley weston whitney wilber wilbert wilbur wilburn wilda wiley wilford wilfred wilfredo wilhelmina
        willa willard william williams willian willie willis willy wilma wilmer wilson wilton winford winfred
        winifred winnie winnifred winona winston woodrow wyatt xavier xiomara yadira yasmin yesenia yolanda yolonda
        yong yoshiko yvette yvonne zachariah zachary zachery zack zackary zane zelda zella zelma zenaida zoe zoila
        zola zoraida
        """
    /// Names that are words or places too.
    static let doubtful: StaticString = """
        abbey adelaide alexandria aline alpha amber america angel art asia august augusta aura austin autumn barney
        basil beau belle berry beryl bill birdie blanch bob bonnie bonny brad brain brandy brook brooks buck bud
        buddy buster candy carmine carolina chad chance charity chase chastity chelsea cherry chi christen christian
        chuck clay clement cleveland cliff colleen columbus coral coy crystal curt daisy dale dallas dawn dean deb
        denver derrick destiny dick dirk dolly don drew dusty earl earnest ebony eddy emery era ester eve faith
        fanny fawn fern flora florence forest foster frank freeman gale garland garnet garret gay gene geneva
        georgia german ginger glen glory grace grant guy hank hazel heath heather hector herb holly homer hope
        houston hung hunter india iris israel ivory ivy jack jackson jade jarred jasmine jasper jay jefferson jesus
        jewel jordan josh joy junior kelsey ken kenya king kitty lacy lance lane laurel lea lee lily lincoln long
        magnolia major man manual margarita maria marina mark marlin marquis martin marvel mary mason matt max may
        melody mercedes merry meta mickey milan miles misty monte myrtle newton nick noble noel nova novella numbers
        olive opal orlando pansy paris pat patsy patty pearl penny phoebe porter precious prince princess prudence
        queen randy raven ray reed rhea rich rick rob robin rocky roman rose rosemary royal ruby rusty sandy sang
        santa savannah shad sherry sierra sol son sonny soon sterling sue summer sun sung sunny sydney tad tanner
        tiara tiffany troy valentine van viola violet virginia von wade waldo walker ward warren will windy young
        """
}
