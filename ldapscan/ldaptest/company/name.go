package company

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A name is written twice: as its bearer writes it, and in the ASCII letters that
// mail addresses and logon names are made of.
type name struct{ native, latin string }

// parseName reads "native=latin". Without "=" the latin form is the native one in lower
// case, without accents, spaces and apostrophes.
func parseName(s string) name {
	native, latin, ok := strings.Cut(s, "=")
	if !ok {
		latin = strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) || strings.ContainsRune(" '’.", r) {
				return -1
			}
			return unicode.ToLower(r)
		}, norm.NFD.String(native))
	}
	return name{native, latin}
}

// pick returns one name of a comma-separated list.
func (d *directory) pick(list string) name {
	names := strings.Split(list, ",")
	return parseName(strings.TrimSpace(names[d.random.IntN(len(names))]))
}

// somebody returns a name in this language, rarely that of a colleague.
func (d *directory) somebody(l *language) (given, surname name) {
	for {
		given, surname = d.pick(l.given), d.pick(l.surname)
		if !d.issued[given.latin+"."+surname.latin+"@"] || d.random.IntN(6) == 0 {
			return given, surname
		}
	}
}

// A language has its names, without surnames that only one sex has, and its order of
// names.
type language struct {
	given, surname string
	join           func(given, surname string) string
}

func givenFirst(given, surname string) string   { return given + " " + surname }
func surnameFirst(given, surname string) string { return surname + " " + given }
func withComma(given, surname string) string    { return surname + ", " + given }
func together(given, surname string) string     { return surname + given }

var (
	german = language{
		`Anna, Lukas, Jürgen=juergen, Sabine, Matthias, Ulrike, Jörg=joerg, Heike, Björn=bjoern, Käthe=kaethe, Stefan, Claudia,
		Günther=guenther, Petra, Tobias, Monika, Sören=soeren, Franziska, Dieter, Ingrid, Mehmet, Aylin, Rainer, Annegret`,
		`Müller=mueller, Schmidt, Schneider, Fischer, Weber, Meyer, Wagner, Becker, Schulz, Hoffmann, Schäfer=schaefer, Koch,
		Bauer, Richter, Klein, Wolf, Schröder=schroeder, Neumann, Schwarz, Zimmermann, Krüger=krueger, Groß=gross,
		Jäger=jaeger, von der Heide=vonderheide, Yılmaz=yilmaz, Weiß=weiss, Böhm=boehm, Lorenz-Kühn=lorenz-kuehn`,
		withComma,
	}
	portuguese = language{
		`José, Maria, João, Ana, António, Inês, Luís, Gonçalo, Patrícia, Rui, Sofia, Tiago, Mariana, Nuno, Catarina, Sérgio,
		Beatriz, Vítor, Leonor, Conceição`,
		`Silva, Santos, Pereira, Oliveira, Costa, Rodrigues, Martins, de Jesus, Sousa, Fernandes, Gonçalves, Gomes, Lopes,
		Marques, Alves, Almeida, Ribeiro, Pinto, Carvalho, Magalhães, Simões, Araújo`,
		givenFirst,
	}
	polish = language{
		`Anna, Piotr, Małgorzata=malgorzata, Krzysztof, Agnieszka, Łukasz=lukasz, Paweł=pawel, Żaneta, Grażyna, Sławomir=slawomir,
		Zofia, Michał=michal, Wojciech, Jadwiga, Bartłomiej=bartlomiej, Elżbieta, Tomasz, Danuta, Mateusz, Ewa`,
		`Nowak, Wójcik, Kowalczyk, Woźniak, Mazur, Krawczyk, Król=krol, Wróbel, Stępień, Kaczmarek, Dudek, Bąk, Gołąb=golab,
		Kozioł=koziol, Sroka, Wilk, Kubiak, Michalak, Błaszczyk=blaszczyk, Łoś=los, Nowak-Bąk`,
		givenFirst,
	}
	greek = language{
		`Αλέξανδρος=alexandros, Μαρία=maria, Γεώργιος=georgios, Ελένη=eleni, Δημήτρης=dimitris, Κατερίνα=katerina, Νίκος=nikos,
		Σοφία=sofia, Κωνσταντίνος=konstantinos, Βασιλική=vasiliki, Θεόδωρος=theodoros, Ιωάννα=ioanna`,
		`Οικονόμου=oikonomou, Γεωργίου=georgiou, Νικολάου=nikolaou, Δημητρίου=dimitriou, Κωνσταντίνου=konstantinou,
		Ιωάννου=ioannou, Παπαγεωργίου=papageorgiou, Αλεξίου=alexiou, Βασιλείου=vasileiou, Θεοδώρου=theodorou, Αντωνίου=antoniou`,
		givenFirst,
	}
	arabic = language{
		`محمد=mohamed, أحمد=ahmed, فاطمة=fatma, ياسمين=yasmin, عمر=omar, نور=nour, خالد=khaled, مريم=mariam, يوسف=youssef,
		هدى=hoda, مصطفى=mostafa, سلمى=salma`,
		`حسن=hassan, إبراهيم=ibrahim, عبد الله=abdallah, السيد=elsayed, منصور=mansour, فؤاد=fouad, شاهين=shahin, نجيب=naguib,
		رمضان=ramadan, الشريف=elsherif, زكي=zaki`,
		givenFirst,
	}
	japanese = language{
		`太郎=taro, 花子=hanako, 健一=kenichi, 美咲=misaki, 翔太=shota, 由美子=yumiko, 大輔=daisuke, 陽子=yoko, 拓也=takuya, さくら=sakura,
		直樹=naoki, あゆみ=ayumi, リサ=risa, 誠=makoto`,
		`佐藤=sato, 鈴木=suzuki, 高橋=takahashi, 田中=tanaka, 渡辺=watanabe, 伊藤=ito, 山本=yamamoto, 中村=nakamura, 小林=kobayashi,
		加藤=kato, 吉田=yoshida, 山田=yamada, 斎藤=saito, 松本=matsumoto`,
		surnameFirst,
	}
	korean = language{
		`민준=minjun, 서연=seoyeon, 지훈=jihoon, 수빈=subin, 현우=hyunwoo, 지은=jieun, 도윤=doyoon, 하은=haeun, 성민=sungmin, 유진=yujin`,
		`김=kim, 이=lee, 박=park, 최=choi, 정=jung, 강=kang, 조=cho, 윤=yoon, 장=jang, 임=lim, 한=han`,
		together,
	}
	chinese = language{
		`伟=wei, 芳=fang, 秀英=xiuying, 敏=min, 静=jing, 磊=lei, 军=jun, 洋=yang, 勇=yong, 艳=yan, 杰=jie, 丽娟=lijuan, 涛=tao, 明=ming,
		雨桐=yutong, 浩然=haoran`,
		`王=wang, 李=li, 张=zhang, 刘=liu, 陈=chen, 杨=yang, 赵=zhao, 黄=huang, 周=zhou, 吴=wu, 徐=xu, 孙=sun, 欧阳=ouyang, 朱=zhu`,
		together,
	}
	vietnamese = language{
		`Thị Hương=huong, Văn Nam=nam, Minh Tuấn=tuan, Thị Mai=mai, Quốc Bảo=bao, Thu Hà=ha, Đức Anh=anh, Ngọc Bích=bich, Hữu Phước=phuoc,
		Thùy Linh=linh, Xuân Trường=truong`,
		`Nguyễn, Trần, Lê, Phạm, Hoàng, Huỳnh, Phan, Vũ, Đặng=dang, Bùi, Đỗ=do, Hồ`,
		surnameFirst,
	}
	turkish = language{
		`İbrahim=ibrahim, Ayşe, Işıl=isil, Mustafa, Çiğdem, Emre, Gülşen, Ömer, Zeynep, Kıvanç=kivanc, Şule, Yiğit, İpek=ipek, Hüseyin`,
		`Yıldız=yildiz, Demir, Şahin, Çelik, Kaya, Öztürk, Aydın=aydin, Özdemir, Arslan, Doğan, Kılıç=kilic, Güneş, İnce=ince`,
		givenFirst,
	}
	hebrew = language{
		`דוד=david, שרה=sara, יוסי=yossi, נועה=noa, איתן=eitan, תמר=tamar, אורי=uri, מיכל=michal, גיא=guy, שירה=shira`,
		`כהן=cohen, לוי=levi, מזרחי=mizrahi, פרץ=peretz, ביטון=biton, אברהם=avraham, פרידמן=friedman, אזולאי=azulay, בן דוד=bendavid`,
		givenFirst,
	}
	swedish = language{
		`Erik, Åsa, Björn, Märta, Göran, Linnéa, Håkan, Karin, Örjan, Annika, Nils, Elin, Jörgen, Sigrid, Torbjörn, Ebba`,
		`Andersson, Johansson, Karlsson, Nilsson, Eriksson, Larsson, Olsson, Persson, Gustafsson, Bergström, Sjöberg, Åkesson,
		Öberg, Nyström, Hägglund`,
		givenFirst,
	}
	danish = language{
		`Søren=soeren, Mette, Jørgen=joergen, Kirsten, Bjørn=bjoern, Åse=aase, Lærke=laerke, Niels, Pernille, Rasmus, Signe`,
		`Jensen, Nielsen, Hansen, Sørensen=soerensen, Kjær=kjaer, Østergaard=oestergaard, Bæk=baek, Nørgaard=noergaard, Holm, Dahl`,
		givenFirst,
	}
	irish = language{
		`Siobhán, Patrick, Aoife, Seán, Niamh, Conor, Gráinne, Liam, Róisín, Declan, Priya, Ciarán, Emma, James, Olúfẹ́mi`,
		`Murphy, O'Sullivan, Kelly, Walsh, Smith, O'Connor, Byrne, Ryan, McCarthy, Gallagher, Doherty, FitzGerald, Patel, de Búrca`,
		givenFirst,
	}
	ukrainian = language{
		`Олександр=oleksandr, Наталія=nataliia, Андрій=andrii, Олена=olena, Сергій=serhii, Ірина=iryna, Юрій=yurii, Євгенія=yevheniia,
		Богдан=bohdan, Ганна=hanna, Тарас=taras`,
		`Шевченко=shevchenko, Коваленко=kovalenko, Бондаренко=bondarenko, Ткаченко=tkachenko, Кравченко=kravchenko, Мельник=melnyk,
		Поліщук=polishchuk, Лисенко=lysenko, Гриценко=hrytsenko, Щербак=shcherbak`,
		surnameFirst,
	}
	french = language{
		`Élise, François, Noémie, Jean-Philippe, Zoé, Benoît, Geneviève, Loïc, Chloé, Étienne, Marie-Ève, Raphaël, Anaïs`,
		`Tremblay, Gagnon, Côté, Bouchard, Bélanger, Lévesque, Gauthier, L'Écuyer, Fortin, Paquette, St-Pierre, Desjardins`,
		givenFirst,
	}
)
