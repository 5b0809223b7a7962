"""Tables of made-up customers whose roles are known: seventeen trades, eight languages, drawn by a seed.

The headers below are written down for the benchmark, as exports of shops, clubs and offices have them; they are not
the word lists of the program, which never sees this file. Polish is a language of which the program has no list.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "tr", "pl")

#: slot: role, then the headers of each language in the order of LANGUAGES, variants between bars.
_HEADERS = """
key          | id       | Customer ID/CustomerNo/cust_id/Client Ref/client_code # Kundennummer/Kunden-Nr./KdNr/Kunden_ID # Numéro client/N° client/id_client/Code client # ID cliente/Nº de cliente/Código cliente/cod_cliente # Código do cliente/ID do Cliente/cod_cliente/Nº Cliente # Codice cliente/ID Cliente/N. cliente/id_cliente # Müşteri No/Müşteri Kodu/musteri_id/MusteriNo # Numer klienta/ID klienta/nr_klienta
member_key   | id       | Member ID/MemberNo/Membership Number/member_ref # Mitgliedsnummer/Mitglied Nr/Mitglieds-ID # Numéro d'adhérent/N° adhérent/Num abonné # Nº socio/Número de socio/id_socio # Nº de sócio/Código do assinante/id_associado # Numero tessera socio/ID socio/N. iscritto # Üye No/Üyelik No/uye_id # Nr członka/ID członka
account_key  | id       | Account Number/account_id/Acct No/User ID # Kontonummer/Konto-ID/Benutzer-ID # Numéro de compte/id_compte/ID utilisateur # Número de cuenta/id_usuario/ID cuenta # Número da conta/id_usuario/ID conta # Numero conto/ID utente/id_account # Hesap No/Kullanıcı ID/hesap_numarasi # Numer konta/ID użytkownika
email        | ignore   | Email/E-mail Address/contact_email # E-Mail/E-Mail-Adresse # Courriel/Adresse e-mail # Correo electrónico/Email # E-mail/Endereço de e-mail # Indirizzo e-mail/Email # E-posta/Eposta Adresi # Adres e-mail/E-mail
name         | ignore   | Name/Full Name/Customer Name # Name/Nachname, Vorname/Kundenname # Nom/Nom et prénom/Nom complet # Nombre/Nombre y apellidos # Nome/Nome completo # Nominativo/Nome e cognome # Ad Soyad/Adı Soyadı # Nazwisko/Imię i nazwisko
city         | words    | City/Town/Home City # Ort/Wohnort/Stadt # Ville/Commune # Ciudad/Localidad # Cidade/Município # Città/Comune # Şehir/İl # Miasto/Miejscowość
zip          | ignore   | ZIP/Postcode/Postal Code # PLZ/Postleitzahl # Code postal/CP # Código postal/CP # CEP/Código Postal # CAP/Codice postale # Posta Kodu # Kod pocztowy
gender       | category | Gender/Sex # Geschlecht # Sexe/Genre # Sexo/Género # Sexo/Gênero # Sesso/Genere # Cinsiyet # Płeć
marital      | category | Marital Status/Family Status # Familienstand # Situation familiale/État civil # Estado civil # Estado civil # Stato civile # Medeni Durum/Medeni Hali # Stan cywilny
education    | category | Education/Education Level # Bildung/Schulabschluss # Niveau d'études/Diplôme # Nivel de estudios/Educación # Escolaridade # Titolo di studio/Istruzione # Eğitim Durumu/Eğitim # Wykształcenie
plan         | category | Plan/Membership Type/Package # Tarif/Vertragsart # Formule/Type d'abonnement # Plan/Tipo de contrato # Plano/Tipo de assinatura # Tipo di abbonamento/Formula # Paket/Üyelik Tipi # Plan/Typ umowy
channel      | category | Channel/Acquisition Channel/How did you hear of us # Kanal/Vertriebskanal # Canal/Canal d'acquisition # Canal/Canal de venta # Canal/Canal de Aquisição # Canale/Canale di acquisizione # Kanal/Satış Kanalı # Kanał sprzedaży
payment_way  | category | Payment Method/Paid by # Zahlungsart/Zahlweise # Mode de paiement/Moyen de paiement # Forma de pago/Método de pago # Forma de pagamento/Meio de Pagamento # Metodo di pagamento/Pagamento con # Ödeme Yöntemi/Ödeme Şekli # Sposób płatności
site         | category | Store/Branch/Location # Filiale/Standort # Magasin/Agence # Tienda/Sucursal # Loja/Filial # Negozio/Filiale # Mağaza/Şube # Sklep/Oddział
birthday     | numeric  | Date of Birth/Birthday/DOB # Geburtsdatum/Geb.-Datum # Date de naissance # Fecha de nacimiento # Data de nascimento # Data di nascita # Doğum Tarihi # Data urodzenia
birth_year   | ignore   | Year of Birth/Birth Year # Geburtsjahr/Jahrgang # Année de naissance # Año de nacimiento # Ano de nascimento # Anno di nascita # Doğum Yılı # Rok urodzenia
age          | numeric  | Age/Customer Age # Alter/Alter (Jahre) # Âge/Age # Edad # Idade # Età # Yaş/Yaşı # Wiek
joined       | numeric  | Joined/Member Since/Sign-up Date/first_seen # Kunde seit/Eintrittsdatum/Beitrittsdatum # Date d'adhésion/Client depuis/Date d'inscription # Fecha de alta/Cliente desde # Data de cadastro/Cliente desde # Data iscrizione/Cliente dal # Kayıt Tarihi/Üyelik Başlangıcı # Data rejestracji/Klient od
last_seen    | numeric  | Last Visit/Last Purchase Date/last_active # Letzter Besuch/Letzter Kauf am # Dernière visite/Date du dernier achat # Última visita/Fecha última compra # Última visita/Data da última compra # Ultima visita/Data ultimo acquisto # Son Ziyaret/Son Alışveriş Tarihi # Ostatnia wizyta
tenure       | numeric  | Tenure (months)/Months as Customer/months_on_book # Vertragsdauer (Monate)/Monate Kunde # Ancienneté (mois)/Mois d'ancienneté # Antigüedad (meses)/Meses como cliente # Tempo de casa (meses)/Meses como cliente # Anzianità (mesi)/Mesi da cliente # Müşteri Süresi (ay)/Üyelik Süresi (ay) # Staż (miesiące)
recency      | numeric  | Days since Last Order/Recency (days)/days_inactive # Tage seit letztem Kauf/Letzter Kauf vor (Tagen) # Jours depuis dernier achat/Récence (jours) # Días desde última compra/Recencia (días) # Dias desde a última compra/Recência (dias) # Giorni dall'ultimo acquisto/Recenza (giorni) # Son Alışverişten Beri Gün/Geçen Gün # Dni od ostatniego zakupu
spend        | value    | Total Spend/Lifetime Spend/total_spent_usd/Revenue/Sales to Date # Umsatz gesamt/Gesamtumsatz/Umsatz (EUR)/Ausgaben # Dépenses totales/Chiffre d'affaires/CA total/Total dépensé # Gasto total/Total gastado/Importe total compras/Facturación # Gasto total/Valor total gasto/Total Gasto (R$)/Faturamento # Spesa totale/Fatturato/Totale speso/Importo acquisti # Toplam Harcama/Ciro/Toplam Alışveriş Tutarı # Suma wydatków/Przychód
paid         | value    | Total Paid/Amount Paid/Payments Received/Total Charges # Gezahlt gesamt/Zahlungen gesamt/Beiträge gesamt # Total payé/Montant payé/Total des versements # Total pagado/Importe pagado/Pagos totales # Total pago/Valor pago/Pagamentos totais # Totale pagato/Importo versato/Pagamenti totali # Toplam Ödeme/Ödenen Tutar # Suma wpłat/Zapłacono łącznie
premium      | value    | Annual Premium/Total Premium # Jahresprämie/Prämie gesamt # Prime annuelle/Total des primes # Prima anual/Prima total # Prêmio anual/Prêmio total # Premio annuo/Premio totale # Yıllık Prim/Toplam Prim # Składka roczna
donated      | value    | Total Donated/Lifetime Giving/Total Gift Amount # Spendensumme/Spenden gesamt (EUR) # Total des dons/Montant des dons # Total donado/Importe donado # Total doado/Valor doado # Totale donato/Importo donazioni # Toplam Bağış/Bağış Tutarı # Suma darowizn
clv          | value    | CLV/Customer Lifetime Value/LTV # Kundenwert/CLV # Valeur client/CLV # Valor del cliente/CLV # Valor do cliente/LTV # Valore cliente/CLV # Müşteri Değeri/CLV # Wartość klienta
fee          | numeric  | Monthly Fee/Monthly Charge # Monatsbeitrag/Monatliche Gebühr # Mensualité/Cotisation mensuelle # Cuota mensual # Mensalidade # Canone mensile/Quota mensile # Aylık Ücret/Aylık Aidat # Opłata miesięczna
basket       | numeric  | Average Basket/Avg Order Value/AOV # Durchschnittsbon/Ø Warenkorb # Panier moyen # Ticket promedio/Cesta media # Ticket médio # Scontrino medio/Carrello medio # Ortalama Sepet/Sepet Ortalaması # Średni koszyk
income       | numeric  | Annual Income/Household Income (k$) # Einkommen/Jahreseinkommen # Revenu annuel/Revenus du foyer # Ingresos anuales/Renta anual # Renda mensal/Rendimento anual # Reddito annuo # Yıllık Gelir/Gelir # Dochód roczny
balance      | numeric  | Balance/Account Balance # Kontostand/Saldo # Solde # Saldo # Saldo # Saldo # Bakiye # Saldo
discount     | numeric  | Discounts Received/Total Discount # Rabatte/Rabatt gesamt # Remises/Total remises # Descuentos/Descuento total # Descontos/Total de descontos # Sconti ricevuti/Sconti # İndirimler/Toplam İndirim # Rabaty
orders       | numeric  | Number of Orders/Orders/order_count/# Purchases # Anzahl Bestellungen/Bestellungen/Anz. Käufe # Nombre de commandes/Nb achats # Número de pedidos/Nº compras # Número de pedidos/Qtd compras # Numero ordini/N. acquisti # Sipariş Sayısı/Alışveriş Sayısı # Liczba zamówień
visits       | numeric  | Visits/Visits per Month/visits_last_90d/Check-ins # Besuche/Besuche pro Monat/Anzahl Besuche # Visites/Nb de visites par mois/Passages # Visitas/Visitas al mes # Visitas/Visitas por mês # Visite/Ingressi mensili # Ziyaret Sayısı/Aylık Ziyaret # Wizyty/Liczba wizyt
web          | numeric  | Web Sessions/Web visits last month/Logins (30 days) # Logins/Web-Besuche im letzten Monat # Connexions/Sessions web # Sesiones web/Visitas web último mes # Acessos ao site/Sessões # Accessi web/Sessioni # Oturum Sayısı/Web Girişleri # Sesje
calls        | numeric  | Support Calls/Customer Service Calls/Complaints # Anrufe beim Service/Reklamationen # Appels au service/Réclamations # Llamadas a soporte/Reclamaciones # Ligações ao suporte/Reclamações # Chiamate assistenza/Reclami # Çağrı Sayısı/Şikayet Sayısı # Reklamacje
nights       | numeric  | Nights/Nights Stayed/Room Nights # Übernachtungen/Nächte # Nuitées/Nombre de nuits # Noches/Nº de noches # Diárias/Noites # Notti/Pernottamenti # Geceleme Sayısı # Noclegi
items        | numeric  | Items Bought/Products per Order # Artikel gekauft/Anzahl Produkte # Articles achetés/Nb produits # Artículos comprados/Nº productos # Itens comprados/Qtd de produtos # Articoli acquistati/N. prodotti # Alınan Ürün Sayısı # Liczba produktów
referrals    | numeric  | Referrals/Friends Referred # Empfehlungen/Geworbene Freunde # Parrainages/Amis parrainés # Referidos/Amigos recomendados # Indicações/Amigos indicados # Segnalazioni/Amici invitati # Tavsiye Sayısı # Polecenia
children     | numeric  | Children/Kids at Home/Dependents # Kinder/Anzahl Kinder # Enfants/Nb d'enfants # Hijos/Nº de hijos # Filhos/Número de filhos # Figli/Numero figli # Çocuk Sayısı # Dzieci/Liczba dzieci
household    | numeric  | Household Size/Persons in Household # Haushaltsgröße/Personen im Haushalt # Taille du foyer # Tamaño del hogar/Personas en casa # Pessoas na casa/Moradores # Componenti famiglia/Nucleo familiare # Hane Büyüklüğü/Evdeki Kişi Sayısı # Wielkość gospodarstwa
hours        | numeric  | Hours Watched/Hours Used/Phone Minutes # Nutzungsstunden/Gesprächsminuten # Heures d'écoute/Minutes d'appel # Horas de uso/Minutos de llamada # Horas assistidas/Minutos de uso # Ore di ascolto/Minuti di chiamata # Kullanım Saati/Konuşma Dakikası # Godziny użycia
usage        | numeric  | Consumption kWh/Data Used (GB)/Distance km # Verbrauch kWh/Datenvolumen (GB) # Consommation kWh/Données (Go) # Consumo kWh/Datos (GB) # Consumo kWh/Dados (GB) # Consumo kWh/Dati (GB) # Tüketim kWh/Veri (GB) # Zużycie kWh
score        | numeric  | Satisfaction Score/NPS/Loyalty Score (1-100)/Spending Score (1-100) # Zufriedenheit (1-10)/Bonitätsscore # Note de satisfaction/Score de fidélité # Puntuación de satisfacción/Score crédito # Nota de satisfação/Pontuação # Punteggio soddisfazione/Voto (1-10) # Memnuniyet Puanı/Kredi Skoru # Ocena zadowolenia
points       | numeric  | Loyalty Points/Points Balance # Bonuspunkte/Punktestand # Points de fidélité # Puntos # Pontos/Saldo de pontos # Punti fedeltà/Saldo punti # Sadakat Puanı/Puan Bakiyesi # Punkty lojalnościowe
percent      | numeric  | Return Rate/Discount Share %/Open Rate # Retourenquote/Öffnungsrate # Taux de retour/Taux d'ouverture # Tasa de devolución/% descuento # Taxa de devolução/% desconto # Tasso di reso/% sconto # İade Oranı/Açılma Oranı # Odsetek zwrotów
newsletter   | words    | Newsletter/Email Opt-in/Marketing Consent # Newsletter/Werbeeinwilligung # Newsletter/Accepte e-mails # Newsletter/Acepta publicidad # Newsletter/Aceita marketing # Newsletter/Consenso marketing # Bülten/Pazarlama İzni # Newsletter/Zgoda marketingowa
app          | words    | App User/Has App/Parking # App-Nutzer/Parkplatz # Utilise l'appli/Parking # Usa la app/Aparcamiento # Usa o app/Estacionamento # Usa app/Parcheggio # Mobil Uygulama/Otopark # Korzysta z aplikacji
churned      | outcome  | Churn/Churned/Cancelled/Exited # Gekündigt/Abgemeldet/Abgewandert # Résilié/Désabonné/Attrition # Baja/Abandono/Canceló # Cancelou/Abandono/Churn # Disdetta/Abbandono/Cessato # Ayrıldı/İptal Etti/Terk # Rezygnacja
active       | outcome  | Active/Is Active/Still a Member # Aktiv/Noch Mitglied # Actif/Toujours client # Activo/Sigue activo # Ativo/Ainda ativo # Attivo/Ancora cliente # Aktif/Aktif mi # Aktywny
status       | outcome  | Status/Account Status/Customer Status # Status/Mitgliedsstatus # Statut/Statut du compte # Estado/Estado de la cuenta # Status/Situação # Stato/Stato cliente # Durum/Hesap Durumu # Status
leave_reason | ignore   | Churn Reason/Cancellation Reason # Kündigungsgrund # Motif de résiliation # Motivo de baja # Motivo do cancelamento # Motivo disdetta # Ayrılma Nedeni # Powód rezygnacji
order        | order    | Order No/Invoice/InvoiceNo/Receipt No/transaction_id # Rechnungsnummer/Bestellnr./Bon-Nr/Belegnummer # N° de commande/Numéro de facture/N° ticket # Nº de pedido/Número de factura/Nº ticket # Nº do pedido/Número da nota fiscal/Nº Fatura # Numero ordine/N. fattura/N. scontrino # Sipariş No/Fatura No/Fiş No # Numer zamówienia/Nr faktury
date         | date     | Order Date/InvoiceDate/Date/Sold on/Purchase Date # Bestelldatum/Rechnungsdatum/Datum/Kaufdatum # Date de commande/Date/Date facture # Fecha/Fecha de pedido/Fecha factura # Data/Data do pedido/Data da compra # Data/Data ordine/Data acquisto # Tarih/Sipariş Tarihi/Fatura Tarihi # Data/Data zamówienia
amount       | value    | Amount/Order Total/Line Total/Total/Net Amount/Sales # Betrag/Gesamtbetrag/Umsatz/Summe # Montant/Montant TTC/Total TTC # Importe/Total/Importe neto # Valor/Valor total/Total # Importo/Totale/Totale riga # Tutar/Toplam Tutar/Satış Tutarı # Kwota/Wartość zamówienia
quantity     | quantity | Quantity/Qty/Units/Pieces # Menge/Stück/Stückzahl # Quantité/Qté # Cantidad/Unidades # Quantidade/Qtd # Quantità/Qta/Pezzi # Adet/Miktar # Ilość/Sztuki
price        | price    | Unit Price/Price/UnitPrice/Price per Unit # Einzelpreis/Stückpreis/Preis # Prix unitaire/Prix/PU HT # Precio unitario/Precio # Preço unitário/Preço # Prezzo unitario/Prezzo # Birim Fiyat/Fiyat # Cena jednostkowa/Cena
product      | ignore   | SKU/Product Code/StockCode/Item No # Artikelnummer/Artikel-Nr. # Code produit/Réf. article # Código de artículo/SKU # Código do produto/SKU # Codice articolo/SKU # Ürün Kodu/Stok Kodu # Kod produktu
product_kind | category | Product Category/Department # Warengruppe/Kategorie # Catégorie/Rayon # Categoría/Sección # Categoria/Departamento # Categoria/Reparto # Kategori/Ürün Grubu # Kategoria
order_tax    | numeric  | Tax/VAT # MwSt/USt # TVA # IVA # IVA/Imposto # IVA # KDV # VAT
shipping     | numeric  | Shipping/Freight # Versandkosten/Porto # Frais de port # Gastos de envío # Frete # Spese di spedizione # Kargo Ücreti # Koszt wysyłki
year         | ignore   | Year/Arrival Year/Season Year # Jahr/Anreisejahr # Année # Año # Ano # Anno # Yıl # Rok
week         | ignore   | Week/Retail Week/Week Number # Woche/Kalenderwoche # Semaine # Semana # Semana # Settimana # Hafta # Tydzień
phone        | ignore   | Phone/Phone Number/Mobile # Telefon/Handynummer # Téléphone/Tél. # Teléfono/Móvil # Telefone/Celular # Telefono/Cellulare # Telefon/Cep Telefonu # Telefon
note         | ignore   | Notes/Comments/Remarks # Bemerkung/Notiz # Commentaire/Remarques # Observaciones/Comentarios # Observações/Comentários # Note/Osservazioni # Notlar/Açıklama # Uwagi
source       | ignore   | Export/System/Currency # Mandant/Quelle/Währung # Source/Devise # Sistema/Divisa # Sistema/Moeda # Sistema/Valuta # Sistem/Para Birimi # System/Waluta
"""  # noqa: E501 - a table as text

#: trade: kind, then what its table has; a slot in brackets stands in a half of the tables.
TRADES: dict[str, tuple[str, str]] = {
    "gym": (
        "customers",
        ("member_key [name] age [gender] [zip] joined tenure visits plan paid fee [newsletter] [churned] "
        "[referrals]"),
    ),
    "telecom": (
        "customers",
        ("key [gender] age tenure hours usage calls plan payment_way paid fee [discount] [status] "
        "[leave_reason]"),
    ),
    "online shop": (
        "customers",
        "key [email] [city] orders spend basket recency web [percent] [discount] newsletter [churned]",
    ),
    "hotel": (
        "customers",
        "key [name] [channel] nights visits spend [year] [children] score [city]",
    ),
    "charity": (
        "customers",
        "key [name] [zip] donated orders recency [birth_year] [newsletter] channel [joined]",
    ),
    "insurance": (
        "customers",
        "key age [gender] marital premium calls [children] [income] [site] [active] [phone]",
    ),
    "bank": (
        "customers",
        "account_key age education [marital] balance [income] spend [score] web [churned] tenure",
    ),
    "streaming": (
        "customers",
        "account_key [email] age plan hours web paid [app] [churned] [last_seen] fee",
    ),
    "museum": (
        "customers",
        "member_key [birthday] visits [household] paid plan [newsletter] [note] referrals",
    ),
    "energy": (
        "customers",
        "key [zip] household usage paid [fee] plan [status] calls tenure",
    ),
    "dentist": (
        "customers",
        "key [birthday] [gender] visits paid [last_seen] [note] age [phone]",
    ),
    "airline": (
        "customers",
        "member_key [gender] age nights points spend [percent] [city] plan [year] visits",
    ),
    "games": (
        "customers",
        "account_key hours web spend items [score] [app] [joined] [channel] recency",
    ),
    "car repair": (
        "customers",
        "key [name] [zip] visits spend recency [birth_year] [site] [newsletter] [source]",
    ),
    "supermarket": (
        "orders",
        "member_key order date amount [site] [payment_way] [product_kind]",
    ),
    "wholesale": (
        "orders",
        "key order date product quantity price [amount] [product_kind] [order_tax]",
    ),
    "restaurant": (
        "orders",
        "key date amount [site] [payment_way] [household] [note]",
    ),
    "pharmacy": (
        "orders",
        "key order date quantity price [amount] [site] [age]",
    ),
    "travel agency": (
        "orders",
        "key order date amount [nights] [channel] [week] [discount]",
    ),
    "furniture": (
        "orders",
        "key order date product quantity price amount [shipping] [site]",
    ),
}  # fmt: skip


def _headers() -> dict[str, tuple[str, dict[str, list[str]]]]:
    found = {}
    for line in _HEADERS.strip().splitlines():
        slot, role, words = (part.strip() for part in line.split("|", 2))
        variants = [[one.strip() for one in language.strip().split("/")] for language in words.split(" # ")]
        if len(variants) != len(LANGUAGES):
            raise ValueError(f"{slot} has headers in {len(variants)} languages, expected {len(LANGUAGES)}")
        found[slot] = (role, dict(zip(LANGUAGES, variants, strict=True)))
    return found


HEADERS = _headers()
_YES = {
    "en": "Yes No",
    "de": "ja nein",
    "fr": "oui non",
    "es": "sí no",
    "pt": "Sim Não",
    "it": "sì no",
    "tr": "Evet Hayır",
    "pl": "tak nie",
}
_STATUS = {
    "en": ("Active", "Cancelled"), "de": ("aktiv", "gekündigt"), "fr": ("actif", "résilié"), "es": ("activo", "baja"),
    "pt": ("ativo", "cancelado"), "it": ("attivo", "cessato"), "tr": ("aktif", "iptal"),
    "pl": ("aktywny", "rezygnacja"),
}  # fmt: skip
_WORDS = {
    "city": ["Arlen", "Bexham", "Corvo", "Dulmen", "Estara", "Fenwick", "Galt", "Horsa", "Ivry"],
    "gender": {"en": "Female Male", "de": "weiblich männlich", "fr": "F H", "es": "Mujer Hombre",
               "pt": "Feminino Masculino",
               "it": "F M", "tr": "Kadın Erkek", "pl": "K M"},
    "plan": ["Basic", "Plus", "Premium"],
    "channel": ["web", "shop", "phone", "partner"],
    "payment_way": ["card", "cash", "transfer"],
    "site": ["North", "South", "Harbour", "Centre"],
    "marital": ["single", "married", "divorced", "widowed"],
    "product_kind": ["food", "drinks", "home", "garden"],
    "leave_reason": ["price", "moved", "service", "rival"],
}  # fmt: skip


@dataclass(frozen=True)
class KnownTable:
    """A table with its truth.

    Attributes
    ----------
    name : str
        Trade, language and number.
    kind : str
        "customers" or "orders".
    frame : DataFrame of shape (n_rows, n_columns)
        Cells as text, as a CSV has them.
    roles : dict of str to str
        Header to id, value, numeric, words (yes/no or a category), outcome, order, quantity, price, date or ignore.
    """

    name: str
    trade: str
    language: str
    kind: str
    frame: pd.DataFrame
    roles: dict[str, str]


def draw_table(number: int, seed: int) -> KnownTable:
    """Draw a table: trades and languages in turn, everything else by chance."""
    rng = np.random.default_rng([seed, number])
    trade = list(TRADES)[number % len(TRADES)]
    language = LANGUAGES[(number + number // len(TRADES)) % len(LANGUAGES)]
    kind, slots = TRADES[trade]
    wanted = [slot.strip("[]") for slot in slots.split() if not slot.startswith("[") or rng.random() < 0.5]
    comma = language != "en" and rng.random() < 0.6
    frame, roles = (_orders if kind == "orders" else _customers)(wanted, language, comma, rng)
    style = rng.choice(["as is", "snake", "upper", "as is"])
    named = {slot: _styled(str(rng.choice(HEADERS[slot][1][language])), str(style)) for slot in frame}
    if len(set(named.values())) < len(named):
        named = {slot: HEADERS[slot][1][language][0] for slot in frame}
    if kind == "customers":
        frame = frame[[frame.columns[0], *rng.permutation(frame.columns[1:])]] if rng.random() < 0.5 else frame
    else:
        frame = frame[list(rng.permutation(frame.columns))]
    return KnownTable(
        f"{trade}, {language}, {number}", trade, language, kind, frame.rename(columns=named),
        {named[slot]: roles[slot] for slot in frame},
    )  # fmt: skip


def _styled(header: str, style: str) -> str:
    if style == "snake":
        return "_".join(
            part for part in "".join(c if c.isalnum() or c in "%#" else " " for c in header).lower().split()
        )
    return header.upper() if style == "upper" else header


def _number(values: np.ndarray, decimals: int, comma: bool, sign: str = "") -> list[str]:
    texts = [f"{value:.{decimals}f}" for value in values]
    texts = [text.replace(".", ",") for text in texts] if comma else texts
    return [f"{sign}{text}" if sign in ("$", "£") else f"{text} {sign}".strip() for text in texts]


def _customers(  # noqa: C901 - what each slot draws, one after the other
    wanted: list[str], language: str, comma: bool, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, str]]:
    n = int(rng.integers(180, 900))
    group = rng.integers(0, 3, n)
    level = np.array([1.0, 3.0, 8.0])[group] * rng.lognormal(0, 0.3, n)
    age, months = rng.integers(18, 85, n), np.clip((level * 6 + rng.integers(0, 20, n)).astype(int), 1, 120)
    sign = {"en": "$", "pt": "R$", "tr": "₺"}.get(language, "€") if rng.random() < 0.3 else ""
    money: Callable[[np.ndarray], list[str]] = lambda values: _number(np.round(values, 2), 2, comma, sign)  # noqa: E731 - read beside the others
    count: Callable[[float], list[str]] = lambda scale: [str(one) for one in rng.poisson(level * scale)]  # noqa: E731 - read beside the others
    gone = rng.random(n) < 0.18
    cells: dict[str, list[str]] = {}
    for slot in wanted:
        if slot in ("spend", "paid", "premium", "donated", "clv"):
            cells[slot] = money(level * 120 * rng.lognormal(0, 0.5, n) + 5)
        elif slot in ("fee", "basket"):
            cells[slot] = money(
                np.array([14.9, 29.9, 49.9])[group] if slot == "fee" else 20 + 8 * rng.lognormal(0, 0.6, n)
            )
        elif slot == "discount":
            cells[slot] = money(level * rng.lognormal(1, 0.5, n))
        elif slot == "income":
            cells[slot] = [str(int(one)) for one in rng.lognormal(10.4, 0.4, n)]
        elif slot == "balance":
            cells[slot] = money(rng.normal(900, 1500, n))
        elif slot in ("orders", "visits", "web", "items"):
            cells[slot] = count(float(rng.uniform(0.8, 3)))
        elif slot in ("calls", "referrals", "nights"):
            cells[slot] = count(0.5)
        elif slot in ("children", "household"):
            cells[slot] = [str(one) for one in np.minimum(rng.poisson(1.2, n), 6) + (slot == "household")]
        elif slot in ("hours", "usage"):
            cells[slot] = _number(level * rng.gamma(4, 5, n), 1, comma)
        elif slot == "score":
            cells[slot] = [str(one) for one in rng.integers(1, 101, n)]
        elif slot == "points":
            cells[slot] = [str(int(one)) for one in level * rng.integers(20, 400, n)]
        elif slot == "percent":
            cells[slot] = _number(rng.beta(2, 6, n) * 100, 1, comma)
        elif slot == "age":
            cells[slot] = [str(one) for one in age]
        elif slot == "tenure":
            cells[slot] = [str(one) for one in months]
        elif slot == "recency":
            cells[slot] = [str(int(one)) for one in rng.exponential(120 / level, n) + 1]
        elif slot in ("churned", "active"):
            cells[slot] = _answers(gone if slot == "churned" else ~gone, language, rng)
        elif slot == "status":
            cells[slot] = [_STATUS[language][int(one)] for one in gone]
        elif slot == "education":
            cells[slot] = [str(one) for one in rng.integers(1, 5, n)]
        elif slot in ("newsletter", "app"):
            cells[slot] = _answers(rng.random(n) < 0.4, language, rng)
        else:
            cells[slot] = _other(slot, n, language, rng, age)
    roles = {slot: HEADERS[slot][0] for slot in cells}
    return pd.DataFrame(cells), {slot: "words" if role == "category" else role for slot, role in roles.items()}


def _answers(yes: np.ndarray, language: str, rng: np.random.Generator) -> list[str]:
    spelt = [["1", "0"], _YES[language].split(), ["1.0", "0.0"]][int(rng.integers(0, 3))]
    return [spelt[0] if one else spelt[1] for one in yes]


def _other(slot: str, n: int, language: str, rng: np.random.Generator, age: np.ndarray) -> list[str]:  # noqa: C901 - what each slot draws, one after the other
    if slot in ("key", "member_key", "account_key"):
        kind = int(rng.integers(0, 3))
        numbers = rng.permutation(n) + int(rng.integers(1000, 90_000))
        return [f"{'KMA'[kind % 3]}{one}" if kind else str(one) for one in numbers]
    if slot == "email":
        return [f"user{one}@mail.example" for one in rng.permutation(n)]
    if slot == "name":
        return [f"Pat{one % 37} Doe{one}" for one in rng.permutation(n)]
    if slot == "zip":
        return [f"{one:05d}" for one in rng.integers(1_000, 99_999, n)]
    if slot == "phone":
        return [f"0{one}" for one in rng.integers(10**8, 10**9, n)]
    if slot in ("birthday", "joined", "last_seen"):
        days = age * 365 if slot == "birthday" else rng.integers(10, 2500, n)
        form = {"en": "%Y-%m-%d", "de": "%d.%m.%Y", "pl": "%Y-%m-%d"}.get(language, "%d/%m/%Y")
        return (pd.Timestamp("2024-06-30") - pd.to_timedelta(days, unit="D")).strftime(form).tolist()
    if slot == "birth_year":
        return [str(2024 - one) for one in age]
    if slot == "year":
        return [str(one) for one in rng.integers(2021, 2025, n)]
    if slot == "week":
        return [str(one) for one in rng.integers(1, 53, n)]
    if slot == "note":
        return [f"called about item {one} on a rainy day" if rng.random() < 0.7 else "" for one in rng.permutation(n)]
    if slot == "source":
        return ["A1"] * n
    words = _WORDS[slot]
    words = words[language].split() if isinstance(words, dict) else words
    return [str(one) for one in rng.choice(words, n)]


def _orders(  # noqa: C901 - what each slot draws, one after the other
    wanted: list[str], language: str, comma: bool, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, str]]:
    customers = int(rng.integers(60, 250))
    bought = np.repeat(np.arange(customers), rng.integers(2, 9, customers))
    rng.shuffle(bought)
    lines = rng.integers(1, 4, len(bought)) if "order" in wanted else np.ones(len(bought), dtype=int)
    of_order = np.repeat(np.arange(len(bought)), lines)
    n = len(of_order)
    days = pd.Timestamp("2023-01-02") + pd.to_timedelta(np.sort(rng.integers(0, 500, len(bought))), unit="D")
    quantity, price = rng.integers(1, 12, n), np.round(rng.lognormal(2.5, 0.8, n), 2)
    total = quantity * price if "quantity" in wanted else np.round(rng.lognormal(3.3, 0.8, n), 2)
    form = {"en": "%Y-%m-%d", "de": "%d.%m.%Y", "pl": "%Y-%m-%d"}.get(language, "%d/%m/%Y")
    prefix = "CK"[int(rng.integers(0, 2))] if rng.random() < 0.6 else ""
    first = int(rng.integers(100, 9000))
    cells: dict[str, list[str]] = {}
    for slot in wanted:
        if slot in ("key", "member_key"):
            cells[slot] = [f"{prefix}{first + one}" for one in bought[of_order]]
        elif slot == "order":
            cells[slot] = [str(500_000 + one) for one in of_order]
        elif slot == "date":
            cells[slot] = days[of_order].strftime(form).tolist()
        elif slot == "amount":
            cells[slot] = _number(total, 2, comma)
        elif slot == "quantity":
            cells[slot] = [str(one) for one in quantity]
        elif slot == "price":
            cells[slot] = _number(price, 2, comma)
        elif slot == "product":
            cells[slot] = [f"P{one:04d}" for one in rng.integers(1, 300, n)]
        elif slot in ("order_tax", "shipping", "discount"):
            cells[slot] = _number(np.round(total * 0.1 + 1.07, 2), 2, comma)
        elif slot == "age":
            cells[slot] = [str(one) for one in rng.integers(18, 85, customers)[bought[of_order]]]
        elif slot in ("household", "nights"):
            cells[slot] = [str(one) for one in rng.integers(1, 6, n)]
        else:
            cells[slot] = _other(slot, n, language, rng, np.zeros(n))
    roles = {slot: HEADERS[slot][0] for slot in cells}
    if "amount" not in cells:
        roles["price"] = "price"
    known = ("id", "value", "quantity", "price", "date", "order")
    return pd.DataFrame(cells), {slot: role if role in known else "ignore" for slot, role in roles.items()}
