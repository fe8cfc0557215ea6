"""English words and the Hindi ones that mean them, in the Latin letters that people type or that Devanagari becomes.

One line for each English word. A Hindi word with `!` stands in no English sentence, so that it tells Hinglish apart.
Spellings that differ by doubled letters, w and v, z and j, ph and f or a last n need not be listed: `hindi.fold` makes
them one. Of two lines that hold the same word the first counts.
"""

WORDS = """\
i: main mai maine! mne! mujhko! hum hamne!
me: mujhe! mujhko! mjhe! muje! hame! humko! mujhse! mujhpe!
my: mera! meri! mere mra! mri! hamara! hamari! hamare! apna! apni! apne! mr
you: aap aapko! ap tum! tu tumhe! aapne! aapse! tujhe! apko!
your: aapka! aapki! aapke! tumhara! tumhari! tumhare! tera! teri! apka! apki!
he: vo! voh! wo! woh! usne! usko! unhone! use unko! uska! uski! uske! unka!
this: ye! yeh! yah! is isko! iska! iski! iske! ise! isse! in
here: yaha! yahan! idhar!
there: waha! wahan! vahan! udhar!
what: kya! kia! kyaa! kaisa! kaunsa! konsa! kaunsi! konsi! kaunse! konse!
which: kaun! kon! kis! kisi! kiska! kiski! kisko!
how much: kitna! kitni! kitne! ktna! kitana! kitane! kitani!
how: kaise! kaisi! kese! kaisey!
when: kab! kabtak!
where: kaha! kahan! kidhar! kahin! khan
why: kyu! kyun! kyo! kyon! q kyunki! kisliye! kyonki!
not: nahi! nhi! nahin! na! mat nai! naa! nahee!
no: naheen! bilkulnahi!
yes: haan! haa han! ha hanji! haanji! yas! yes
is: hai! h hain! he hei! hay hota! hoti! hote! hu! hun! hoon! ho hai ye
was: tha thi the
will: hoga! hogi! honge! karunga! karega! karenge! chalega! rahega!
in: me mein! mei! mai par pe! andar! bheetar!
of: ka! ki! ke! k
to: ko! ka tak! liye! lie
from: se! sey
and: aur! or evam! tatha!
or: ya ki athva! yaa
but: lekin! par magar! parantu!
then: to phir! fir! tab!
now: abhi! ab turant! abi!
today: aaj! aj!
tomorrow: kal! parso!
yesterday: kal beeta! bita!
day: din dino! tarikh! tareekh! dinank!
month: mahina! mahine! maheena!
year: saal sal varsh! salon!
week: hafta! hafte! saptah!
time: samay samaya! waqt! vakt! der! baje!
morning: subah! savere! subeh!
evening: sham! shaam! sandhya!
night: raat rat
last: pichla! pichle! pichli! aakhri! akhri! antim! aakhiri! pichhle! pichhli!
next: agla! agle! agli!
all: sab! sabhi! sara! saare! sari! pura! poora! poori! sabhee! har! kul! total
more: zyada! jyada! adhik! aur
less: kam! kum! thoda! thodi!
some: kuch! kuchh! kuchch!
again: dobara! phirse! firse! wapas! vapas! punah!
very: bahut! bohot! bhot! bahot! kaafi! kafi! bohat!
good: accha! acha! achha! achhi! acchi! badhiya! badiya! achchha! achchhi! achchhe!
right: sahi! theek! thik! tik! thk! thek! durust!
correct: bilkul! ekdum! sach! sahee!
wrong: galat! glt! galt! ghalat!
new: naya! nayi! naye! nai! nyi! nae! navin!
old: purana! purani! purane! puraana!
big: bada! badi! bade!
small: chhota! chota! chhoti! choti! chhote!
near: paas pas nazdik! najdik! nazdiki! najdiki! karib! nazdeek!
far: dur door
money: paisa! paise! paisay! pese! pesa! paison! rupaye! rupay! rupaiya! rupya! rupye! rashi! rakam! dhan! raqam! paisee!
rupees: rupee rupe
remaining: bacha! bache! bachi! baki! baaki! shesh! bakaya! bachat!
left: bacha! bachi!
balance: bailens! bel bailans! balens! balance bail bailensa! jamapunji!
card: kard! card kaard! karda!
account: khata! khate! khaata! akaunt! ekaunt! akaunta! account ekaaunt! khaton!
bank: baink! bainka! bank baenk!
wallet: volet! vollet! wolet! valet vaulet! botua! batua!
payment: pement! bhugtan! bhugatan! pemant! bhugtaan! pemeint! bhugatana!
transaction: lenden! lenadena! lenaden! tranjaikshan! tranjekshan! trainjaikshan! tranzaction! lendena! tranjaikshana!
transfer: transfar! trainsfar! sthanantaran! bhej!
refund: rifand! riphand! refand!
charge: charj! shulk! chaarj! chargis! sulk!
fee: fis phis fees
interest: byaj! byaaj! byaz!
loan: lon! karj! karz! udhar! rin! karza!
mobile: mobail! mobile mobil!
phone: fon! phon! foon dursabh!
number: nambar! namber! nambr! nmbr! sankhya! ank! number nabar!
e-mail: imel! email imail! mel! eemail! imela! meel
id: aidi! aaidi! aiidi!
address: pata! pate! edres! edress! address adres aidres! eidres! pataa!
name: naam! nam! nama! upnam! upanam!
date of birth: janmtithi! janamtithi! janm! janam! janmdin! janmatithi! janmadin! janmdinank!
birthday: janmdivas! barthde!
date: tithi! det! tareek!
pin: pin piin
password: pasvard! paasvard!
limit: limit limita! seema! sima! simaa!
status: stetas! sthiti! stetus! sthithi! steitas!
expiry: ekspayari! eksapayari! expiry ekspairi! vaidhta! validity vaidhata! samapti! vaidh! manya! ekspayri! eksapayri!
expire: ekspayar! khatam! khatm! samapt! eksapayar! eksapair!
active: ektiv! chalu! chaalu! sakriya! aiktiv! ektivet! chaloo! ektivate!
blocked: blok! band bund! blauk! bandh! block
freeze: friz! freej!
close: bandkaro!
open: kholna! kholne! khol! kholo! khulta! khole!
online: onlain! aanlain! onalain!
international: intarneshnal! videsh! videshi! antarrashtriya! intaraneshanal! bahar! intarneshanal!
contactless: kontaiktles! kontektles! tap taip! kantaiktles!
settings: seting setting saiting! setings
shop: dukan! dukaan! dukano!
shopping: shoping kharidari! kharid! kharidna! khareedna! kharidu! kharide! khareedari!
withdraw: nikalna! nikale! nikal! nikalne! nikaal! nikala!
deposit: jama! jamaa!
add: jodna! jodo! jode! jud! dalna! dale! dalo! dal! daalna! daalo! juda! jodni! dalu!
load: lod! lord
top up: topap! topup taup! tap-up! topapa! rechaarj! richarj! top
lost: kho! khogaya! gum gumm khoya! gayab! khoe! gir! gumshuda! ghum!
stolen: chori! churaya! chura! churali! chor churai!
fraud: frod! dhokha! dhokhadhadi! dhoka! thagi! froda! phraud frad! dhokhadhari! dhokebaji! thag!
unauthorised: anadhikrit! anadhikrt!
hacked: haik! hek! hack hackk!
used: istemal! upyog! prayog! istemaal! use
deducted: kat! kata! kate! kati! cut katgaya! kattgaye! debit debited
failed: fel vifal! asafal! fail vifala! phel asaphal!
pending: pending painding! lambit! atak! atka! atki! pendding
declined: diklain! dikline! namanjoor! declain! diklaina! asvikar!
spent: kharch! kharcha! kharchaa! vyay! karch!
statement: stetment! stetament! vivran! vivaran!
received: mila! mili! mile milega! milegi! prapt! milta! aaya! aaye! aayi! aayega! aayegi! pahuncha! pahunche! pahunchi! milenge!
sent: bheja! bheje! bheji! bhejo! bhejna! bhejne! bheju! bhejun! bhejni! bhejen!
give: do dijiye! dijie! dena! de! deni! dene! du! dun! dunga! diya!
take: lena! lo! le! lu! lun! liya! leni! lijiye! lijie! lene!
do: karo! kro! kar! kr! karna! krna! karne! kare! karen! karu! karun! kijiye! kijie! kardo! krdo! karke! kiya! ki karni! krni! karein! kariye! karana! karate!
can: sakta! sakte! sakti! skta! skte! sakata! sakate! sakati!
want: chahiye! chahie! chaiye! chahta! chahti! chahte! chahiy! chahata! chahati! chahiae! chaheeye!
need: zarurat! jarurat! zaroorat! jaruri! zaruri! zaroori! avashyakta! avashyak!
go: ja! jao! jana! gaya! gayi! gaye! gya! gyi! gye! jata! jati! jate! jau! jaun! gai! gae! jaye!
come: aana! aao! aa ao aata! aati! aate aane! aayen!
happened: hua! hui hue! huwa! huva! ho
see: dekho! dekhna! dekh! dekhe! dekhu! dekhne! dekhun! dekhen! dekhni!
show: dikhao! dikhaiye! dikha! dikhaao! dikhaie! dikhaye! dikhaen!
tell: batao! bataiye! bata! btao! bataye! batana! batado! bataie! bataen! bataaie! btaiye! batayen!
say: bolo kaho! bola kaha bol! kahna! boliye! bolna! kahte! kahana!
speak: bolte! bolti!
talk: baat bat baatchit! batchit! baten!
ask: pucho! puchna! puch! puchu! poochna! puchta! puchh! puchhna! puchhta! poochhna! puchhe! puche! puchhu!
know: pata! jante! janna! jaanna! malum! maloom! jankar! janana! janate! jaanana!
understand: samajh! samjha! samjhe! samajhna! samjho!
information: jankari! jaankari! suchna! soochna! jaanakari! janakari! vivaran!
details: detail ditel! ditels! byora! vivran! diteils! ditela!
profile: profail! profile prophail! profaila!
change: badalna! badlo! badlna! badal! badle! badlu! badlun! badla! badalne! badalni! badlav! badlaav! badalwana! badaldo! chenj! badalana! badalani! badalen! badaliye! badalo!
update: apdet! updet! apadet! apdeta! apaded!
increase: badhao! badhana! badhani! badha! badhaye! badhaiye! badhaiy! badhaen! barhao! barhana! barho! barhani! barhaie! barhaye!
decrease: ghatao! ghatana! ghatani!
remove: hatao! hata! hatana! hatado! hataiye! mitao! hatakar!
delete: dilit! mitana! mita!
stop: ruko! ruk! roko! rok! bas! rukiye! stop stap! bandkar! thahro! rukjao!
cancel: radd! rad kainsil! kaincil! kensal! kainsal! cancel kensil! nirast!
leave it: chodo! chhodo! chhod! chod! choro! rehne! rahne! jane jaane rehnedo! chhoro! chhor
begin: shuru! shuruat! suru! prarambh! shuroo!
continue: jari! jaari! aage
help: madad! sahayata! sahayta! help maddad! helpa! sahyog! madat!
please: kripya! kripa! plij! please zara! jara! kripaya! krpaya! kripaye!
thank you: dhanyavaad! dhanyavad! dhanyawad! shukriya! shukriyaa! abhar! aabhar! thainks! thaink! dhanyvad! meherbani! meharbani! dhanyabad!
hello: namaste! namaskar! namaskaar! helo hailo! halo salaam! salam! pranam! adab! hay haay namasthe!
goodbye: alvida! tata bay bai! namaskaram! alavida!
good night: shubhratri! shubh! shubhraatri!
person: insaan! insan! aadmi! admi! vyakti! banda! bande! log logo! insaano! manushya!
human: asli! manav! maanav!
agent: ejent! agent pratinidhi! karmchari! adhikari! ejenta!
manager: mainejar! menejar! prabandhak!
customer care: kastamar! grahak! kasturmar! seva! kestamar! kastamer!
bot: bot bota! bauta!
robot: robot robota! robaut!
machine: mashin! masin!
computer: kampyutar! computer kampyuter!
ai: eaai! eai! eaaee!
real: sachmuch! vastav!
identity: pehchan! pahchan! pahachan! pehchaan! pahichan!
verification: satyapan! verifikeshan! veriphikeshan! verifikeshn! janch! jaanch! verifikeshana!
verify: satyapit! verifai! veriphai! sabit! pramanit! verifaai!
kyc: kevaisi! kevaaisi! kyc keyc! kevaiesi! kevaaeesi! kevaisee!
pan: pain! paincard!
document: dastavej! dastavez! kagaz! kagaj! dokyument! dastavejon! kagazat!
safe: surakshit! sef! suraksha! surakshith!
data: deta! daita!
language: bhasha! bhaasha! bhasa!
hindi: hindi hindee
english: angrezi! angreji! inglish! english
registered: panjikrit! rajistard! pajikrit! panjeekrt! rajistarda! panjikrt! darj!
otp: otipi! otp oteepee! otp!
atm: etiem! eteeem! atm
branch: shakha! shaakha! branch
bill: bil bill
electricity: bijli! bijalee! bijali!
water: pani paani
rent: kiraya! kiraaya!
salary: vetan! tankhwah! tankha! tanakhvah!
tax: taiks! kar teks!
insurance: bima! beema!
invest: nivesh!
shares: sheyar! sher!
cheque: chek cheque
order: ordar! mangwana! mangao! mangvana! mangvao!
apply: avedan! aplai! avedana!
get made: banwana! banvana! banao! banaye! banate! banana banau! banaen! bana! banta! banva!
weather: mausam! mosam! mausm!
rain: barish! baarish! barsat! barishh!
hot: garmi! garam!
cold: thand! thandi! sardi! thanda!
song: gaana! gana! gane! gaane! geet! sangeet! gaano! gano! ganaa!
play: bajao! chalao! bajaye! sunao! baja! sunaiye! chala! bajaiye! chalaiye! bajaen! chalaen!
volume: awaaz! awaz! aavaz! avaz! aavaj! avaj!
alarm: alarm alaram! alarmo!
remind: yaad! yad! yaaddilana! dilana! dilao! dilaye! dilaiye!
light: batti! lait! roshni! battiyan! battiyaan!
food: khana! khane! bhojan! khaane! khaana! phud fud
cook: pakana! pakaye! pakao! pakate!
tea: chai chay!
milk: doodh! dudh!
vegetable: sabzi! sabji!
restaurant: restorent! hotel restaran! restoraint!
movie: film filmo! picture filma! philm
news: khabar! samachar! khabren! khabrein!
joke: chutkula! mazak! majak! chutakula!
story: kahani! kahaani!
match: maich! khel! mech!
score: skor!
prime minister: pradhanmantri! pradhanamantri!
country: desh! mulk! desho!
world: duniya! vishv! sansar!
city: sheher! shahar! shahr!
road: sadak! rasta raasta sarak! raste!
traffic: yatayat! trafik! traifik! jaam jam
train: tren! relgadi! rail gadi! gaadi!
ticket: tikat! tiket! tikten!
taxi: taiksi! taksi!
travel: yatra! safar! yaatra!
home: ghar! gharr!
office: ofis! daftar! kaaryalay!
school: skul! vidyalay! iskul!
study: padhai! padhna! parhai!
job: naukri! nokri! kaam! kam
work: kaam! kam! karya!
medicine: dawai! dawa! davai! dava! aushadhi!
doctor: daktar! daaktar!
headache: sardard! sirdard! dard!
fever: bukhar! bukhaar!
weight: vajan! wazan! vajana!
sleep: neend! sona nind! sone!
mother: mummy mammi! maa mummi! ma maan
father: papa pita! pitaji!
brother: bhai! bhaiya! bhaee!
sister: didi! behen! bahan!
friend: dost! yaar! yar! mitr!
wife: patni! biwi! bivi!
child: bachcha! bachche! bachchon! baccha! bacche! bachhe! bachho!
message: sandesh! mesej! maisej! sandes!
gold: sone! sona
price: bhav! daam keemat! kimat! bhaav! keemt!
rate: dar! ret! reit!
holiday: chhutti! chutti! chhuttee! chuttiyan!
festival: tyohar! tyohaar! diwali! holi! divali!
question: sawal! savaal! saval! prashn!
problem: samasya! dikkat! pareshani! prablam! takleef! samasyaa!
answer: jawab! javaab! javab! uttar!
use: upyog! istamal! upayog!
like: pasand! jaisa! jaise!
love: pyar! pyaar! prem! ishq!
idiot: bewakoof! bevakuf! gadha! gadhe! ullu! bevkuf! bewkoof! bekar! bekaar! nikamma! nikamme! nalayak! bevakooph!
nonsense: bakwas! bakwaas! bakvas! faltu! phaltu! ghatiya!
mind: dimag! man mann dimaag!
work is: chal! chalta! chalti! chalte! chalo! chale! chalu chalna!
had: raha! rahe! rahi! rha! rhe! rhi!
having: karraha!
only: sirf! keval! bas hi
also: bhi! bhee!
someone: koi! kisine! kisi!
without: bina! bagair!
with: saath! sath! sang!
after: baad bad uprant!
before: pehle! pahle! pahale! pehele!
two: do dono! donon!
one: ek! ik!
place: jagah! sthan!
sir: ji! jee! sahab! saab! shriman! saheb!
four: char! chaar! chaar
five: paanch! panch!
report: riport! ripot!
reset: riset! resat!
menu: menyu!
book: buk
credit: kredit!
joint: judna! jorna! jodna! joro! jore! jorni! jura! juda!
care: keyar! keyr!
forget: bhul! bhool! bhulgaya!
connect: kanekt! konekt! jodo!
option: vikalp! vikalpa!
service: sevae! seva! sevaen!
helpline: helplain!
confirm: kanfarm! kanpharm! pakka!
ok: oke! oki! chalega! manjur!
false: jhuth! jhooth!
such: aisa! aise! aisi!
that one: vala! vale! vali! wala! wali! wale!
never: kabhi!
agree: sahamat! sahmat!
process: prakriya! prakriyaa!
restart: ristart! naesire!
main: mukhy! mukhya!
fuel: phyul! fyul! indhan! petrol
gift: gipht gift
meal: mil mealwale!
available: uplabdh! upalabdh!
control: kantrol! niyantran!
pos: pioes! poes!
necessary: avashyakta! jarur! jaroor!
rejected: rijekt! khaarij! radd!
will take: lagega! lagegi! lagta! lagti! lagte! laga! lagi!
set: lagao! lagado! lagana! lagaen!
timer: taimar! taymar!
pizza: pijja pitza! pija
calendar: kailendar! kelendar!
meeting: baithak! miting baitak!
coffee: kophi! kofi!
podcast: podkast!
list: suchi! soochi! list
event: karyakram! kaaryakram!
wake: jagao! jaga! uthao!
high: uncha! unchi! ucha!
cheap: sasta! sasti! saste! sabsesasta!
market: bajar! bazaar! bazar!
cricket: kriket!
moon: chand! chaand!
home loan: homlon!
emi: iemaai! emai! kist! kisht!
cibil: sibil!
dollar: dolar dollar
exchange: vinimay! badlena!
pay: bharna! bhare! bharen! bharu! chukana! chukaye! bharo!
virtual: varchual! virchual!
reward: rivord! puraskar! inam!
points: point poynt! ank
mutual: myuchual! mutual
fund: phand! fand!
code: kod!
appointment: apointament! apointment mulakat!
delivery: dilivri! delivari!
fd: ephdi! efdi!
save: bachaye! bachae! bachana! bachau!
google: gugal!
linked: jura! juda! link jude!
record: rikord! rekord!
contact: sampark! kontekt!
personal: vyaktigat! niji!
edit: sampadit! sudharna! sudhar! sudhaar! badlav!
unblock: anblok!
frequently: barbar! baar bar
most: sabse! sabase!
who: kisne! kaun!
make: karao! karwao! karaie! karvaie! karvao! karavao! karaiye! karwaiye!
written: likha! likhe! likhi! likhna! likho! likhie! likhiye!
fast: jaldi! turant!
there is: hun!
like this: esa!
state: haal! hal chal! haalchaal! hal!
fine: thik! thikthak!
user: upyogkarta!
purse: pars! purse batua!
suspicious: shak! sandigdh!
fuel pump: petrolpamp! pump
nearest: nazdeeki! najdiki! nazdikee!
"""
