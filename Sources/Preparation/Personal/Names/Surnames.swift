// Surnames in small letters, from a to k.
// Made by scripts/datasets/name_lists.py from tables of the US census of 1990 (public domain).

enum Surnames {
    /// Surnames that are no words.
    static let plain: StaticString = """
        aaron aarons aasen abad abadie abarca abbas abbate abbott abdallah abdo abdul abdullah abe abel abell abels
        abercrombie abernathy abernethy abeyta ables abner abney abraham abrahams abrahamson abram abramowitz abrams
        abramson abrego abreu abril abron absher abshire abston acevedo aceves achenbach acheson acker ackerman
        ackermann ackerson ackles ackley acklin ackman acord acosta acree acton acuff acuna adair adam adamczyk
        adame adamek adames adamo adams adamski adamson adan adcock adcox addington addis addison addy adelman
        adelson aden aderholt adger adkins adkinson adkison adkisson adler adolph adorno adrian agan agarwal agee
        ager agin agnew agostini agosto aguayo aguero aguiar aguila aguilar aguilera aguinaldo aguirre aguon agustin
        ahart ahearn ahern ahl ahlers ahlstrom ahmad ahmed ahn ahner aho ahrens ahumada aichele aiello aiken aikens
        aikin ainsworth aitken akbar ake aker akers akins akridge alaimo alam alameda alamo alanis alaniz alarcon
        alatorre alba alban albanese albano albarado albarran albaugh albee alber albers albert alberto alberts
        albertson alberty albin albrecht albright albritton albro albury alcala alcantar alcantara alcaraz alcazar
        alcocer alcock alcorn alcott aldaco aldana alday alden alderete alderson aldrich aldridge alegria alejandre
        alejandro alejo alejos aleman alers aleshire alessi alex alexander alexandre alexis alfano alfaro alfonso
        alford alfred algarin alger ali alicea aliff alkire allain allaire allan allard allbright allbritton
        alldredge allee alleman allen allender alleyne allgood allie alligood alling allis allison allman allmon
        alloway allred allshouse allsop allsup allums alm almaguer almanza almanzar almaraz almazan almeida
        almendarez almodovar almon almonte alongi alonso alonzo alpert alphin alsop alston alsup altamirano althoff
        altieri altizer altman altom alton alva alvarado alvardo alvarenga alvares alvarez alverez alverson alves
        alvey alvis alvord amado amador amaker aman amann amar amaral amaro amato amaya ambler ambriz ambrose
        ambrosino amburgey amedee amendola ament amerson ames amey amezcua amezquita amick amico amidon amin amis
        ammerman ammon ammons amon amore amoroso amos amundsen amundson amy anaya ancheta anchondo anders andersen
        anderson anderton andes anding andino andrade andre andreas andreasen andres andresen andress andrew andrews
        andrus andrzejewski andujar ang ange angeles angell angelo anglin anguiano angulo angus anker ankney annis
        annunziata ansari ansell anselmo ansley anson anspach anstett anthony antle antoine anton antone antonelli
        antonio antonucci antunez anwar anzalone aoki aparicio apel apgar apodaca aponte appel appell apperson
        applebaum appleby applegate appleton applewhite applin appling april aquilar aquino aquirre aragon araiza
        arakaki arambula arana aranda arango arant araujo arbogast arbour arbuckle arcand arce arceneaux arceo
        archambault archey archibald archie archuleta arciniega arcuri ard arden ardis ardito ardoin arechiga
        arehart arellano arend arends arendt arent arevalo argo arguelles arguello argueta arispe arizmendi arledge
        arline armand armas armbruster armendariz armenta armentrout armer armes armijo armistead armitage armour
        armstead armstrong armwood arndt arner arneson arnett arnette arney arno arnold arnone arnott arnwine arocha
        arocho aron aronson arp arpin arredondo arreguin arrellano arreola arrey arriaga arrieta arrington arriola
        arrowood arruda arsenault arteaga arter arterburn arthur arthurs artiaga artis artman artrip artz arvidson
        arvin arviso arvizu arwood ary arzola asaro asay asberry asbury ascencio asencio ashbaugh ashbrook ashburn
        ashby ashcraft ashcroft ashe asher ashford ashley ashlock ashman ashmore ashton ashurst ashworth askins
        asmus astle aston astorga astudillo asuncion atchison atchley aten atencio ater atherton athey atkin atkins
        atkinson atkison atnip attaway attebery atterberry attwood atwater atwell atwood aube aubin aubrey aubry
        aubuchon auclair aucoin audet audette auer auerbach auguste augustin augustine augustus auld ault aultman
        auman aumiller aurand aust austin austria auten authement autrey autry auxier auyeung auzenne avallone
        avalos avans avant avelar avendano avent avera averett averill avery avey avila aviles avilla avina avis
        avitia awad axelson axford axtell ayala aybar aycock ayer ayers aylward ayon ayotte ayoub ayres azar azevedo
        aziz baade babb babbitt babcock baber babich babin babineau babineaux baca bacchus baccus bach bachand
        bachelder bacher bachman bachmann bachus backes backlund backman backstrom backus bacote baden bader badgett
        badgley badilla badillo baehr baer baez baeza bagby baggett baggs bagley bagwell bahe bahena bahr baier
        bailes bailey baillargeon baillie baily bain bainbridge baine baines bains bainter bair baird baisden
        baisley baity bak bakke bakken bakker bakos balas balbuena balch balcom balderas balderrama baldree
        baldridge balducci baldwin balentine baley balfour balke ballance ballantyne ballard ballenger ballentine
        ballesteros ballew ballinger ballou ballweg balmer balog balogh balsamo balser baltazar baltes baltimore
        baltz baltzell balzer banach banas bancroft banda baney banfield bangert banh bankhead bankston bannerman
        bannon banta banton banuelos baptista baptiste barahona barajas baran baranowski baratta barba barbagallo
        barbara barbeau barbee barbera barbieri barbosa barbour barboza barcenas barcia barclay barco barcomb barcus
        barden bardin bardsley bardwell barefield barela barfield barga bargas barger bargo barham barhorst baril
        barile barkley barkman barksdale barlett barlow barlowe barmore barna barnaby barnard barner barnes barnett
        barnette barnhardt barnhart barnhill barnhouse barnum barnwell baro barone barr barra barragan barras
        barratt barraza barre barreiro barrentine barrera barreras barret barreto barrett barrick barrie barrientes
        barrientez barrientos barriga barringer barrington barron barros barroso barry barstow bart barta bartee
        bartel bartell bartels bartelt barth barthel bartholomew bartlett bartley bartling bartlow barto bartolome
        barton bartos bartz basham basile baskerville baskin bassett bastian batchelder batchelor bateman batey
        batista batiste batson battaglia batts bauer baugh baugher baughman baum bauman baumann baumgardner
        baumgartner bautista baxley baxter bayer bayless baylor bayne beal beale beall beals beaman beamon beane
        bearden beardsley beasley beason beaton beattie beatty beaty beauchamp beaudoin beaudry beaulieu beauregard
        becerra bechtel bechtold becker beckett beckham beckley beckman beckwith becnel bedard bedell bedford
        bedwell beebe beecher beeler beeman beery beeson begay beggs begley behr behrens belanger belcher belisle
        belk bellamy bellinger bello belton beltran bemis benally benavides benavidez benedict benefield benfield
        benford benge benham benitez benjamin benn benner bennet bennett benoit benson bentley benton bentz benz
        berard bergen berger bergeron bergin bergman bergmann bergstrom berkley berkowitz berlin berman bermudez
        bernal bernard bernardo berndt bernhardt bernier bernstein berrios berryhill berryman bertram bertrand
        berube bess bessette betancourt bethea bethel bettencourt bettis betts betz beveridge beverly bevins bey
        beyer bianchi bianco bibbs bice bickel bickford biddle bidwell bieber bierman bigelow biggs bigham bigler
        billingsley billington billiot billups bilodeau bing bingham binion binkley binns birchfield birdsong
        birmingham bischoff bish bissell bisson bissonnette bittner bivens bivins bixby bixler blackburn blackford
        blackman blackmon blackshear blackstock blackwell blackwood blain blaine blair blais blaisdell blake blakely
        blakeney blalock blanchard blanchette blanco blanding blankenship blanton blaylock bledsoe blevins blocker
        blodgett bloomfield blount blum blume bly blythe boardman boatright boatwright bobbitt bobo bock boddie
        boehm boettcher bogan bogart boger boggess boggs bogle bohannon bohn boisvert bojorquez boland bolanos
        bolden bolding bolduc bolen bolick bolin boling bolinger bolling bollinger bolton bonham bonilla bonin
        bonnell bonner bonnett bonney bono booher booker boone boothe bordelon borden boren borg borges borowski
        borrego bosch bosley bost bostic bostick boston bostwick boswell bosworth botello bott botts bouchard
        boucher boudreau boudreaux bouldin bourassa bourg bourne bourque bousquet boutin bouton boutte boutwell bove
        bowden bowe bowen bowens bowes bowie bowles bowlin bowser bowyer boyce boyd boyer boyett boyette boykin
        boykins boylan boyle boyles boynton bozeman bracey brackett bracy bradberry bradbury braddock braden
        bradford bradley bradshaw brady bragg braithwaite bramlett brandenburg brandon brandt branham brann brannan
        brannon branson brant brantley branton brashear braswell bratcher bratton braud braun brawley brawner
        braxton brazil breault breaux breckenridge breeden breedlove breen brehm breland bremer brennan brenner
        brent breton brett breunig brewington brewster brewton brian brice bricker bridgeman brien briggs brigham
        briley brill brinkley brinkman brinson briones briscoe briseno brister bristol bristow brito britt brittain
        britton broadnax broadwater broadway brock brockington brockman brockway broderick brodeur brodie brody
        brogdon bromley bronson brooke brooker brookins brookshire broome brophy brotherton broughton broussard
        browder brower browne brownell brownlee broyles brubaker bruce brumbaugh brumfield brumley brummett brundage
        brunelle bruner brunner bruno bruns brunson bruton bryan bryant bryce bryson buchanan bucher buchholz
        buckingham buckley buckman buckner budd buehler buell bueno buffington buford bugg buggs bui buie bullard
        bullington bulter bumgarner bundy bunn bunnell bunton burbank burch burcham burchett burchfield burdett
        burdette burdick burdine burford burge burgess burgett burgin burgos burk burke burkett burkhalter burkhardt
        burkhart burkholder burks burleson burley burmeister burnell burnett burnette burney burnham burnside
        burrell burress burris burroughs burrus burson burt burton burwell busch bushey bushnell busse bussell
        bussey bustamante bustos butterfield buxton buzzell byars bybee byerly byers byler bynum byrd byrne byrnes
        byron byrum caballero caban cabral cabrera cade cadena cady caesar cagle cahill cahoon cain calabrese calder
        caldera calderon caldwell calhoun calkins callaghan callahan callaway callen callender callis calloway
        calvert calvillo calvin calvo camacho camara camarillo cambell cameron campbell campos canada canady canales
        candelaria canfield cannady cano cantrell cantu cantwell canty cao capone capps caputo caraballo carbajal
        carbaugh carbone carden cardenas carder cardona cardoza cardwell carey cargill carillo carl carleton carlile
        carlin carlisle carlos carlson carlton carlyle carmack carman carmichael carmody carmona carnahan carnes
        carney caro caron carothers carper carr carranza carrasco carrasquillo carraway carrell carreon carrera
        carrero carrico carrigan carrillo carrington carrol carroll carruth carruthers carson carswell cartagena
        carter cartwright carty caruso caruthers carvajal carvalho cary casanova casares casarez casas casey cashman
        casiano casillas caskey cason casper cass cassady cassell cassidy castaneda casteel castellano castellanos
        castillo castleberry casto castro caswell catalano cate cates cathcart cathey catlett cato caton catron
        caudill caudle causey cauthen cavanaugh cavazos cavender cawley cazares ceballos cecil cedeno cedillo ceja
        centeno cepeda cerda cervantes cervantez cha chacon chadwick chaffee chaffin chafin chaisson chalmers
        chamberlin chamblee chambless chambliss champlin chan chancey chaney chang chao chapa chapin chaplin chapman
        chappell charette charles charley charlton charron chartier chasse chastain chasteen chatman chau chavarria
        chaves chavez chavis cheatham chee chen chenault cheney cheng chenoweth chesser chester cheung chevalier
        childers childress childs chilton ching chinn chipman chisholm chism chisolm chitwood chiu cho choate choe
        choi chong chou chrisman christ christensen christenson christian christiansen christianson christie
        christman christmas christopher christopherso christy chu chun chung churchill cintron cisco cisneros claar
        clair clancy clanton clapp clark clarke clarkson clary claudio clausen clawson claxton claypool clayton
        cleary clegg cleghorn clem clemens clemente clements clemmer clemmons clemons cleveland clevenger clifford
        clift clifton cline clinton clough clouse cloutier clyburn clyde coakley coates cobb cobbs coble cobos
        coburn cochran cochrane cockerham cockrell cody coe cofer coffey coffman cofield coggins cohen cohn coker
        colbert colburn colby cole colella coleman coles coley collado collard collazo collett collette colley
        collins colman colson colston colter colton colucci colunga colvin colwell comeau comeaux compton comstock
        conant conaway concepcion conde condon coney conger conklin conley conlon conn connell connelly conner
        conners connolly connor connors conover conrad conroy constantine conte conti contreras conway conwell
        conyers cooke cooksey cooley coombs coomer cooney copeland copley coppola corbett corbin corbitt corcoran
        cordeiro cordell corder cordero cordes cordova corey corley corliss cormier cornejo cornelius cornell
        cornett cornish cornwell coronado corrales correa correia correll corrigan corriveau corso corson cortes
        cortez corwin cory cosby cosgrove cosme cosper costa costello coston cota cothran cotten cottingham cottle
        cotto cottrell coughlin coulombe coulson coulter courson courtney couture covarrubias covington cowan cowart
        cowell cowen cowles cowley coyle coyne cozart crabb crabtree craddock crafton craig crain cramer crandall
        crandell cranford craver crawford crawley crayton creech creekmore creighton crenshaw crespo cribbs crider
        crim criss crist criswell crites crittenden crocker crockett croft cromer cromwell cronin cronk croom crosby
        crossland crossley crossman croteau crouse crowder crowe crowell crowley croy crum crumley crump crumpton
        cruse crutcher crutchfield cruz cuellar cuevas culbertson cullen culler culp culpepper culver cummings
        cummins cundiff cunningham cuomo cupp cureton curiel curley curran currie currier currin curtin curtis
        curtiss cushing cushman cusick custer cutler cyr dabbs dabney dacosta daggett dagostino dahl daigle dailey
        daley dallas dalrymple dalton daly damato dameron damico damon damron dana dancy dandrea dandridge danforth
        dang dangelo daniel daniels danielson danley danner dansby dantzler darby dardar darden darnell darr darrow
        dasilva daugherty daughtry davey david davidson davies davila davis davison dawes dawkins dawson daye dayton
        deanda deane deangelis deangelo dearborn dearing deas deason deaton deberry deboer debose decarlo decastro
        deckard decker decosta decoteau dee deen deering dees deese deguzman dehart dehaven dejesus delacruz
        delafuente delagarza delaney delano delapaz delarosa delatorre deleon delgadillo delgado delisle delk
        dellinger deloach delong delossantos delp delrio deluca deluna delvalle demarco demello dement demers deming
        demoss dempsey dendy denham denis denison denman dennard denney denning dennis dennison denny densmore
        denson denton depew depriest derosa derr derry desai desantis desilva desimone desjardins desmarais desmond
        desrochers desrosiers destefano deutsch dever deville devine devito devlin devoe devore devries deweese
        dewey dewitt dews dexter deyoung dias diaz dicarlo dickens dickenson dickerson dickinson dickman dickson
        diehl dietrich dietz diggs dillard dilley dillingham dillion dillman dillon dilworth dimaggio dingess dingle
        dingman dinh dinkins dinsmore dion dionne dipietro dishman distefano dix dixon doak doan doane dobbins dobbs
        dobson dockery dodd dodds dodson doering doerr doggett doherty dolan dombrowski domingo dominguez dominick
        dominquez donahue donald donaldson donato donley donnell donnelly donofrio donohue donovan dooley doolittle
        doran dore dorman dorn dorr dorris dorsett dorsey dortch doss dotson doty doucet doucette dougherty douglas
        douglass dover dow dowd dowdell dowell dowling downes downey doyle doyon dozier draper drayton dreher
        drennan dressler dreyer driggers driscoll driskell drummond drury dryden duarte dube dubois dubose ducharme
        duckett duckworth duda dudley duenas duffey duffy dufresne dugan dugas duggan dugger duhon dulaney dumas
        dumont dunagan dunaway dunbar duncan dunford dunham dunlap dunn dunne dunston dunton duong dupont dupre
        dupree duprey dupuis duquette duran durand durant durbin durden durfee durham durkee durkin durr durrett
        durst dutcher dutra dutton duval duvall dvorak dwyer dykstra dyson eades eads eady eagan earle earley easley
        eason easter easterling eastman easton eastwood eaton eberhardt eberle ebert eby echevarria echeverria
        echols eck eckert eckman eddings eddins edelman edelstein eden edens edgar edgerton edington edison edmiston
        edmond edmonds edmondson edmonson edmunds edson edward edwards egan egbert eggers eggert eggleston ehlers
        ehrlich eicher eidson eiland eisenberg elam eldred eldredge eldridge eley elias eliason elizondo elkins
        elledge eller ellingson ellington elliot elliott ellis ellison ellsworth elmer elmore elrod elston elwell
        elwood ely emanuel embry emerick emerson emmert emmons emory endicott eng engel engelhardt england engle
        engler englert english engstrom ennis enoch enos enright enriquez epperson epps epstein erb erdman erdmann
        erickson ericson ernest ernst erskine ervin erwin escalante escamilla escobar escobedo eskew eskridge
        esparza espinal espino espinosa espinoza esposito esquibel esquivel estep estes estevez estrada estrella
        etheridge ethridge etter eubank eubanks eudy eugene evangelista evans evenson everett everette everhart
        evers eversole everson ewald ewell ewing exum ezell faber fabian fagan fahey fairbanks fairchild faircloth
        fairley faison fajardo falcone falgoust falk fallon fancher fannin fant farber faria farias faris farkas
        farley farnham farnsworth farr farrar farrell farrington farris farwell faulk faulkner faust favela fawcett
        fay fazio feaster federico feeney felder feldman feliciano felix felker felton fenn fennell fenner fenton
        fenwick ferebee ferguson ferland fernandes fernandez ferrante ferrara ferrari ferraro ferreira ferrell
        ferrer ferris ferro fick fidler fiedler fierro fifield figueroa fike fillmore fincher findlay findley finley
        finn finnegan finney fiore fischer fishman fisk fitch fite fitts fitz fitzgerald fitzpatrick fitzsimmons
        fitzwater flagg flaherty flanagan flanders flanigan flannery flatt fleenor fleetwood fleming flemming
        fletcher fleury flinn florence flores florez flory flournoy floyd flynn fogarty fogel fogg fogle foley folse
        folsom foltz fong fonseca fontaine fontana fontenot foote forbes forde fordham foret forman forney forrest
        forrester forsberg forster forsyth forsythe fortenberry fortier fortin fortner fortney foss fournier foust
        fouts fowler fowlkes foy fraga fraley france frances francis francisco franco francois franke frankel
        franklin frantz franz franzen fraser frasier frawley frazee frazer frazier frechette frederick fredericks
        fredette fredrick fredrickson freeland freese freitag freitas freund frey frias frick friday friedman
        friedrich friel frierson friesen frink frisbie frisby frith fritts fritz frizzell frye fuchs fuentes fugate
        fuhrman fulcher fulford fulk fulkerson fulks fullerton fullmer fulmer fulton fultz funderburk fung fuqua
        furman furr furtado fusco fussell futrell gabbard gabel gabriel gaddis gaddy gadson gaffney gagne gagnon
        gailey gainer gaines gainey gaitan gaither galarza galbraith galbreath galindo gallagher gallaher gallardo
        gallegos gallo galloway gallup galvan galvez galvin gamache gamboa gambrell gamez gammon gandy gann gannon
        gant gantt gaona garay garber garcia gardiner gardner garfield garibay garica garman garmon garnett
        garretson garrett garrick garrido garris garrity garth gartner garver garvey garvin gary garza gaskill
        gaskin gaskins gaspar gass gaston gatewood gatlin gatling gatto gaudet gaul gault gause gauthier gavin gayle
        gaylor gaylord gaynor gaytan gearhart geary geer geiger geisler geist geller gendron genovese george gerald
        gerard gerber gerdes gerhardt gerlach germain german germany gervais geter getz geyer gibbs gibson giddens
        giddings giese gifford gil gilbert gilbertson gilbreath gilchrist giles gilkey gillam gillard gillen
        gillespie gillette gilley gilliam gilliard gilligan gilliland gillis gillispie gillman gillum gilman gilmer
        gilmore gilpin gilreath gilson ginn ginsberg giordano gipson girard giron giroux gish gladney glaser glasgow
        gleason glenn glick glidden glisson glover glynn gober goble goddard godfrey godinez godoy godsey godwin
        goebel goetz goff goforth goins goldberg golding goldman goldsberry goldstein gomes gomez gonsalves gonzales
        gonzalez gooch goodale goodall goode goodell gooden goodin gooding goodman goodrich goodson goodwin goolsby
        gordon gorham gorman gorski gosnell goss gosselin gossett gott gottlieb gough gould goulet gourley govan
        gowen gower graber grabowski gracia grady graf graff gragg graham grammer granado granados grande granger
        grantham grasso graybill grayson graziano greathouse greaves greco greeley greenberg greene greenfield
        greenleaf greenlee greenwald greenwell greenwood greer gregg gregoire gregor gregory greiner grenier gresham
        grice grider griego grier griffen griffis griffith griffiths grigg griggs grigsby grijalva grillo grimm
        grimmett grimsley grisham grissom griswold grizzle groce groff grogan grose grossman groth grover grubb
        grubbs grube gruber grundy guajardo guardado guarino guay guenther guerin guerra guerrero guertin guevara
        guffey guido guidry guillen guillory guinn gullett gunderson gunn gunter gunther gupta gurley gurule gusman
        gustafson gustin guthrie gutierrez guyer guyton guzman gwin gwinn haag haas haase haber hackett hackler
        hackworth haddad hadden haddix hadley hafer hagan hagans hagen hager hagerman haggerty hagler hague hahn
        haight haile hailey haines haire hairston halbert halcomb haley haller hallett halley halliday hallman
        hallock halloran halpern halpin halsey halstead halverson halvorson hamann hamblin hambrick hamby hamel
        hamer hamill hamilton hamlett hamlin hamm hammack hammett hammon hammond hammonds hammons hampton hamrick
        han hance hancock handley hanes haney hankins hanley hanlon hann hanna hannah hannan hannon hanrahan hansel
        hansen hanson harbin harbison harbour hardaway hardee hardeman hardesty hardiman hardin harding hardison
        hardman hardwick hargett hargis hargrave hargrove harker harkins harkness harlan harless harley harlow
        harman harmon harney haro harold harper harr harrell harrelson harrigan harriman harrington harris harrison
        harrod harter hartfield hartford hartle hartley hartman hartmann hartnett hartsell hartsfield hartung
        hartwell hartwig hartzell harvell harvey harwell harwood haskell haskins hass hassan hassell hasson hastings
        hatcher hatchett hatfield hathaway hatley hatten hatton hauck haug haugen haun haupt hauser hawes hawkes
        hawkins hawley haworth hawthorne hayden hayes haygood haynes haynie hayward haywood hazelton hazelwood hazen
        hazlett hazzard headley headrick heald healey healy hearn hearne heaton hebert hecht hecker heckman
        hedgepeth hedrick heffernan heffner heflin hefner heil heilman heim hein heine heinrich heintz heinz heiser
        heisler heller helmer helmick helton hembree hemingway hemphill hendershot henderson hendley hendon hendren
        hendrick hendricks hendrickson hendrix hendry henke henkel henley hennessey hennessy henning henninger
        henriquez henry henshaw hensley henson herbert herbst heredia hereford herman hermann hernadez hernandes
        hernandez herndon herold herr herren herrera herrick herrin herrington herrmann herron hersey hershberger
        herzog hess hesse hester hetrick hewett hewitt hewlett heyward hiatt hibbard hibbs hickerson hickman hickson
        hidalgo higa higdon higginbotham higgins higgs highsmith hight hightower hilbert hildebrand hildebrandt
        hildreth hiles hillard hiller hilliard hillis hillman hilton himes hindman hines hinkle hinkley hinman
        hinojosa hinshaw hinson hinton hintz hipp hirsch hitchcock hite hitt hix hixon hixson hoag hoagland hoang
        hobbs hobson hoch hochstetler hockenberry hodge hodges hodgkins hodgson hodson hoelscher hoey hofer hoff
        hoffer hoffman hoffmann hofmann hogg hoggard hogue hoke holbert holbrook holcomb holcombe holden holguin
        holifield holland hollander hollar hollenbeck holley holliday hollifield holliman hollinger hollingsworth
        hollins hollis hollister holloman holloway hollowell holm holman holmes holmquist holst holston holt holton
        holtz holzer hom homan honaker honeycutt hong hooper hooten hoover hopkins hoppe hopson horan hornback horne
        horner horning hornsby horowitz horsley horst horton horvath hosey hoskins hostetler hostetter hotchkiss
        houck hough houghton houk houle houser houston hovis howard howe howell howerton howes howland howlett howze
        hoy hoyle hoyt hsu huang hubbard hubbell hubbs huber hubert huckaby hudak huddleston hudgens hudgins hudson
        hudspeth huebner huerta huey huffman hufford huggins hughes hughey hulbert hulett hulse hulsey hume humes
        hummel humphrey humphreys humphries hundley huneycutt hunley hunsaker huntington huntley hupp hurd hurley
        hurst hurtado huskey huss hussey huston hutchens hutcherson hutcheson hutchings hutchins hutchinson
        hutchison hutson hutto hutton huynh hwang hyatt hyde hyden hyder hyland hylton hyman hynes ibanez ibarra
        ibrahim iglesias imes imhoff infante ingalls ingersoll ingle ingraham ingram inman irby ireland irish
        irizarry irvin irvine irving irwin isaac isaacs isaacson isbell isenberg isham isom ison israel iverson ives
        ivey ivie izzo jablonski jackman jackson jacob jacobs jacobsen jacobson jacoby jacques jaeger jaffe jaime
        jaimes jamerson james jameson jamieson jamison janes jankowski jansen janssen jaquez jara jaramillo jarman
        jarmon jarrell jarrett jarvis jason jasso javier jaynes jean jeffcoat jefferies jeffers jefferson jeffery
        jeffrey jeffries jemison jenkins jenks jennings jensen jenson jernigan jerome jesse jessen jessie jessup
        jeter jett jewell jewett jiles jimenez jimerson jiminez jobe joe johansen johanson johnsen johnson johnston
        johnstone jolley jonas jone jones jordan jordon jorge jorgensen jorgenson jose joseph josephson joslin jost
        joyce joyner juan juarez judd jude judkins judy julian jung justus kahl kahler kahn kaiser kaminski kane
        kang kaplan kapp karl karnes karns karp karr kasper kasten kastner kato katz kauffman kaufman kaufmann
        kavanagh kavanaugh kay kaye kaylor kean keane kearney kearns keating keaton keck kee keefe keefer keegan
        keeler keeley keenan keene keeney keeton kehoe keil keim keiser keister keith kell kellam kellar kelleher
        keller kellerman kelley kellner kellogg kellum kelly kelsey kelso kemp kemper kempf kendall kendrick kennard
        kennedy kenner kenney kennon kenny kent kenyon kerby kerley kern kerns kerr kerrigan kersey kershaw kessler
        kester ketcham ketchum keyes keyser khoury kibler kidd kidwell kiefer kieffer kiger kight kilburn kile
        kilgore killian killingsworth killion killough kilmer kilpatrick kim kimball kimber kimble kimbrell
        kimbrough kimes kimmel kimura kinard kincaid kingery kingsbury kingsley kingston kinlaw kinney kinser kinsey
        kipp kirby kirchner kirk kirkham kirkland kirkman kirkpatrick kirksey kirkwood kirsch kirschner kiser kish
        kistler kittrell kizer klatt klaus klein kline kling klingensmith klinger klink klotz klug knapp knopp knott
        knotts knowles knowlton knox knudsen knudson knutson kobayashi koch kocher koehler koehn koenig koerner
        koester kohl kohler kohn kolb koller kong koon koonce koons koontz kopp korn kornegay koski koss koster
        kovach kovacs kowal kowalski kozak kozlowski kraemer kraft kramer krantz kranz kratz kraus krause krauss
        krebs kremer kress krieger kroeger kroll krueger krug kruger kruse kuehn kuhl kuhlman kuhn kuhns kumar
        kunkel kunkle kuntz kunz kurtz kutz kuykendall kwan kwon kyle kyles kyser
        """
    /// Surnames that are words too, to z.
    static let doubtful: StaticString = """
        abate abbey able acres agar akin albino alder alderman alley almond alt alter amen amend angel angle apple
        archer arena arenas arias armor arms arrant arroyo ash askew atlas auger august azure back backer bacon bad
        bade badger bail baize baker bale bales balk ball balling balls bandy bane banes bang bangs banister bank
        banker banks banner banning bannister baptist barb barber bard bare barefoot barge bark barker barks barley
        barney barns baron barren barrette barrier barrios barrow barrows barter bash bass basso bates batten battle
        battles bay bays beach beam bean bear beard beaver beavers beck beer beers bell belle bellows belt bender
        berg berry best bias bible bill billings bills binder birch bird bishop black bland blank blanks blessing
        bliss blizzard block blood bloom bloomer blow blue blunt board boatman bode boles bolt bond bonds bone book
        booth boozer borders born boss bottoms bounds bourgeois bower bowers bowler bowling bowman box brace bracken
        brake branch brand brasher bravo bray breeding brewer bridge bridges bright brim brink brogan brook brooks
        broom brothers brown browning brunet brush buck buckles bull bullock bump bunch bunker bunting burden burg
        burger burns burr burrow burrows busby bush bushman buss butcher butler butt butters button butts cable cage
        cairns call camp camper cannon canter cantor capers caraway card carpenter carrier carrion carver case cash
        castle castor cave chamberlain chambers champagne champion chance chancellor chandler chase cheek cheeks
        cherry chestnut chew chick child chiles chin chow church clapper clay cleaver clement click close cloud
        coats coffee coffin collier colon combs comer cone constant converse cook cooks cool coon coons cooper cope
        copper core cork corn corona corral cote cotter cotton couch council counts cousin cousins cover covert
        covey coward cox coy craft crane craven cravens creamer creed creel cress crews crisp crook crooks cropper
        cross crouch crow crozier cruise cumming curl curry cutter daily dale dame darling davenport day deal dean
        deans dear deck dell dent derby derrick dew dial diamond dibble dick dickey dicks dill doctor dodge doe doll
        dollar doughty dove dowdy downer downing downs drain drake drew driver drum duck duff duke dukes dunning
        duty dye dyer dyke dykes eagle earl earls early earnest east eaves eddy edge elder emery fain fair falcon
        falls fanning farina farmer farrow fast favors fears fee fell feller fellows felts fender ferry fetter field
        fielder fielding fields fife finch fine fink fish fisher fix flack fleck flick flint flood flora flower
        flowers folk ford fore foreman forest forester fort forte fortune foster fountain fox frame frank franks
        free freed freedman freeman french fried friend fries frost fry fryer fudge fuller funk furlong gable gage
        gale gall gallant gamble garland garner garrison gates gay gee gentile gentry gibbons gill gist givens
        gladden glass glaze goad goings gold golden goldsmith good goodnight gore grace grant grass gravely graves
        gray green grey gribble griffin grim grimes groom grooms gross grove groves grow guess guest gulley gurney
        guy hack hacker hackney haddock haggard hair hake hale hales hall hallmark halter ham hammer hammock hand
        handy hang hanks harden harder hardy hare harms harness harp harry hart hash hasty hatch haven havens hawk
        hawks haws hay hays hazard hazel head heard heath heck hector hedge hedges held helm helms her herd herring
        hickey hicks high hill hills hinds hoard hogan holder holiday holler holly homer hood hook hooker hooks hope
        hopper horn house huff hull humble hunt hunter hurt irons ivory ivy jack jacks jasper jay jester john johns
        joiner jolly joy judge just justice keel keeling keen keener key keys khan kidder kinder kindred king
        kitchen kitchens kite knight knoll lackey lacy lair lake lam lamb lamp lance land lander lane large lark
        lash lavender law lawless laws lawyer lay layman lea leach leak leathers lee leech lees lemon lemons lent
        levy lien light linden link linker lira little lively llamas lock long looney lopes lord love loveless
        lovely loving low lower luck lucky luster lynch mace madden madrigal main major majors mallard manning manor
        maple maples marble march mares mark marker marks marlin marquis mars marsh martens martin martini martins
        mask mason mast masters may mayo maze mead meadows means medley meek meeker merchant merino merry mesa
        messenger messier mickey miles miller millet million mills miner mink minor miracle mix moats mock moll
        money monger monk moody moon more morrow moss motley mount mull muse music nail nation nations nave
        neighbors nettles new newton nickel nickels nix noble nobles noel north northern null numbers oaks ogle
        olive orange outlaw oxford pace pack packer paddock pagan page painter palm palomino pang papa paradise pare
        parent parish park parks parry parsley parson parsons partridge paschal pass pastor patch pate peace peach
        peacock peak pearl pease peck peek peel pence penny peoples pepper peppers person peter peters petty piazza
        pickle pierce pike pilgrim pine pinto piper pippin pitcher place plank plant player plaza pleasant plowman
        plumb pointer poling pond ponder pool pope porter post potter pounds power powers pray price pride priest
        prince prior proctor provost pulley purser queen quick quirk race rains rainwater range ransom rash ray read
        reader ready real reams rector red redden reed reedy reel reeve reeves register reis rhea rice rich rick
        ricks riddle rider ridge rife riffle ring ringer rivers roach robin robins rock roe roebuck roger rogers
        roll roller roman rood roof rooks root rose rounds rouse royal ruble ruby rue ruff rule runnels rush rushing
        rusk rust sage sager sale sales salmon salmons salter sample samples sand sander sanders sands sandy saucier
        savage sawyer sawyers scales seal seals seaman sears see self sell sellers sells sessions settle settles
        sexton shade shah shank shanks sharp shaver shearer shears sheets shell shepherd sherry shields shilling
        shin shine shirk shiver shivers shoemaker shook shore shores short shorter showers sides sierra sills silver
        silvers sim sims singer singleton sink sites skipper slack slate slaughter slay sledge small smalls smart
        smiley smith smock smothers snider snipes snow son song south southern sowers sparks sparrow speaks spear
        spears speck speed spell spikes spires spring sprinkle squires stack stamps staples stark starling steed
        steel stein sterling stern sterner steward stiles still stock stocks stoker stokes stone stoner stoops
        storey storm storms story stout straight strain strait strand strange street stringer strong struck stump
        sturgeon styles summer summers sun surface swain swan swank sweat sweet swift swindle swisher tam tan tang
        tanner teal teeter temple terry thatcher thorn thrash thrasher thrower tiller tingle tinker tom toms toner
        tong tower towns toy treat trice trotter troupe trout troy true tuck tucker turner urban usher utter
        valentine valley van veal vermillion vest via vice victor vigil villa vines vineyard viola waddle wade wages
        wagoner waits waldo wales walker wall walling walls waltz ward warden ware warren waters watt watts way
        weathers weaver weed weeks weir welch wellington wells welsh west wheat wheeler whetstone white whitener
        whiting whittle wick wicker wicks wiener wight wild wilder wiles will wills wilt wing winger winner winter
        winters wisdom wise withers wolf womble woo wood woodcock wooden woodland woodman woods woody word workman
        worth worthy wren wright young younger
        """
}
