// Words that tell of names, in small letters.

enum NameWords {
    /// What stands right before a name.
    static let titles = NameLists.words(
        """
        mr mrs ms miss mx dr drs doctor prof professor sir dame rev reverend nurse herr frau mme monsieur madame mlle señor señora
        sra signor signora sgt sergeant lieutenant detective midwife
        """)

    /// Titles that are written small and say the same.
    static let smallTitles = NameLists.words("mr mrs ms miss dr doctor prof")

    /// Words that a formal title makes names.
    static let seldomNames = NameLists.words(
        "may march april june august north south east west old new young long ward")

    /// Who somebody is to another, or what somebody does: a name may follow.
    static let roles = NameLists.words(
        """
        patient pt client resident wife husband partner spouse son daughter mother father mom mum mommy dad daddy sister brother
        friend colleague coworker boss neighbour neighbor cousin nephew niece uncle aunt auntie grandmother grandfather grandma
        grandpa granddaughter grandson girlfriend boyfriend fiancé fiancée fiance fiancee baby carer caregiver customer guest tenant
        teacher manager counselor counsellor therapist consultant physician surgeon gp paediatrician pediatrician cardiologist
        psychiatrist dentist psychologist physiotherapist pharmacist receptionist paramedic agent supervisor
        """)

    /// Labels whose value is a name, as "Next of kin: …"; their last word.
    static let labels = NameLists.words(
        """
        name surname forename kin guardian attending recipient cardholder pcp physician signed attn signature
        clinician consultant surgeon therapist midwife insured policyholder contact
        """)

    /// "Drug name:", "file name:" and the like name things.
    static let namedThings = NameLists.words(
        """
        drug product file brand company trade generic medication medicine host domain user song album movie film show restaurant
        hospital clinic school street city event playlist title item model team band class method function variable business store
        device test disease gene common scientific project group page game app package column field key column's shop organisation
        organization country town county hotel bank department ward unit facility pharmacy pet dog cat screen nick login account
        """)

    /// "Signed by", "seen by": a name follows.
    static let doneBy = NameLists.words(
        "signed reviewed dictated prepared seen referred written examined transcribed approved verified electronically authored"
    )

    /// Words with a capital that begin or end no name.
    static let common = NameLists.words(
        """
        the a an i he she it we you they this that these those is was are were be been has have had will would can could may might
        should shall must do does did not no yes ok okay please thank thanks hello hi hey dear sorry sure on in at for and or but
        with without of to from by as if when where who what which why how then than so because about after before since until
        over under again all any each every some many much more most other another both few own same such only just also very
        my your his her its our their me him us them there here now today tomorrow yesterday morning afternoon evening night
        patient patients pt client doctor dr mr mrs ms miss nurse nurses hospital clinic department dept ward room unit medical
        medicine health healthcare care center centre university college school institute street road avenue lane drive court
        january february march april june july august september october november december jan feb mar apr jun jul aug sep sept
        oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
        phone email mail tel mobile fax date dob birth address ssn mrn id number order ref re subject note notes summary history
        diagnosis plan follow exam assessment reason chief complaint male female age aged sex gender born admitted discharged
        seen visit visits appointment appointments practitioner practitioners manager station line hotline desk office staff
        team service services support information safety relations advocate education portal access rights record records
        form forms data file files report reports review test tests result results lab surgery emergency family practice general
        internal pediatric pediatrics new old north south east west united states america american english british french german
        chinese spanish customer customers company corporation inc ltd llc app account card credit store website online who's
        said says asked told called calls call came went takes took reports denies states presents presented complains needs wants
        follow-up total parcel blood ticket president chairman speaker mac room pulse weight height emeritus
        feels felt lives works likes let's one two three four five six seven eight nine ten first second third last next
        """)

    /// After two words these make a place, an organisation or an illness of them: "Johns Hopkins University".
    static let notPeople = NameLists.words(
        """
        hospital hospitals university college school clinic center centre institute foundation street road avenue company inc ltd
        llc corporation library medal award prize airport station park bridge museum church cathedral church stadium hotel disease
        syndrome sequence anomaly sign test score scale criteria classification procedure operation method law theorem equation effect reaction
        stain tube catheter fracture lymphoma sarcoma tumor tumour palsy anemia anaemia fever virus bank stores store motors
        crescent lane drive court close gardens terrace way square place avenue ave blvd boulevard mews
        county city island islands river lake valley beach mountain mountains bay
        """)

    /// Parts of surnames that are written small.
    static let particles = NameLists.words("de da van von der den del della di du le la bin ibn al el dos y")

    static let saints = NameLists.words("st saint san santa sankt mount lake fort port cape new")
}
