"""Every form in which a secret may stand in a text is planted, and looked for."""

import io
import os
import re
import sys
import threading
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from customer_segmentation import secrets
from customer_segmentation.config.compose import Plan
from customer_segmentation.formatting import first_line, one_line
from customer_segmentation.secrets import (
    RedactedStream,
    allow,
    is_redacted,
    redact,
    redact_files,
    remember,
    remember_environment,
    remember_in,
    remember_variable,
)
from customer_segmentation.settings.data import DataSettings, FeaturesSettings
from customer_segmentation.settings.score import ScoreSettings
from customer_segmentation.settings.sweep import ExplorationSettings, SweepSettings
from customer_segmentation.settings.tracking import TrackingSettings
from customer_segmentation.tracking.redacted_yaml import redact_yaml
from customer_segmentation.tracking.store import Store

PASSWORD = "Tr0ub4dor&3"


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql+psycopg://reader:{PASSWORD}@db.example.com:5432/crm",
        f"(psycopg.OperationalError) connection to http://admin:{PASSWORD}@127.0.0.1:5000/ failed",
        f"mysql://root:{PASSWORD}@@host/db?charset=utf8",
        f"postgresql://me@example.com:{PASSWORD}@host/crm",
        f"postgresql://me:***{PASSWORD}@host/crm",
        f"mssql+pyodbc:///?odbc_connect=DRIVER%3Dx%3BUID%3Dsa%3BPWD%3D{PASSWORD.replace('&', '%26')}%3BDATABASE%3Dx",
        f"DRIVER={{SQL}};UID=sa;PWD={PASSWORD.replace('&', '')};DATABASE=x",
        "mssql+pyodbc:///?odbc_connect=SERVER=x;PWD=correct Tr0ub4dor horse verysecret;Encrypt=yes",
        "https://host/table.csv?sv=2022&sig=abcDEF%2Fghi%3D&sp=r",
        "https://host/table.csv?X-Amz-Signature=0123456789abcdef&X-Amz-Security-Token=IQoJb3Jp",
        "s3://bucket/key?access_key=AKIAABCDEFGHIJKLMNOP&secret_access_key=wJalrXUtnFEMI",
        "snowflake://u@account/db?token=verysecret",
        "bigquery://project?credentials_base64=verysecret",
        "https://host/api/table?code=verysecret",
        "https://host/table.csv?jwt=verysecret",
        "https://host/table.csv?pin=verysecret&a=1",
        "HTTPConnectionPool(host='h', port=1): failed with url: /m.csv?ticketx=verysecret7&zz=verysecret8 (",
        "https://host/m.csv?userpwd=Verysecret81&x-auth=verysecret82&client_assertion=verysecret83x&month=5",
        "mssql+pyodbc:///?odbc_connect=Driver%3DSimba%3BClientSecret%3Dverysecret7%3BTrustStorePwd%3Dverysecret8",
        "Driver=Simba;AccessToken=verysecret 7xQz;Auth_AccessToken=verysecret9;KeyStorePwd=verysecret;Port=1",
        "https://host/table.csv?a=1&otp=verysecret",
        "https://host/table.csv?access=verysecret&bearer=verysecret&hash=verysecret",
        "postgresql+psycopg://me:99/verysecret@127.0.0.1:1/db",
        "mysql://me:2024?verysecret@host/db and more",
        "s3://KEY:8/verysecret+def@bucket/x",
        "mysql://me:${oc.env:PASSWORD,verysecret}@host/crm",
        "https://host/x.csv?ticketx=${oc.env:TICKET,verysecret77}",
        "https://verysecret:@host/x and https://verysecret:x-oauth-basic@host/y",
        "https://host/x.csv?accessKey=verysecret&secretKey=verysecret",
        "https://host/x.csv?passwort=verysecret&sessionid=verysecret&password1=verysecret&oauth=verysecret",
        "jdbc:oracle:thin:scott/verysecret@//host/x",
        "there is no file me:verysecret@host:5432/db",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3D%7Bx%7D%3BUID%3Dsa%3BPWD%3D%7Ba%3Bverysecret%7D%3BDATABASE%3Dx",
        "DRIVER={x};UID=sa;PWD={a;b}}verysecret};DATABASE=x",
        "https://me:Plt7 Mid3q***verysecret@127.0.0.1:1/x.csv",
        "s3://verysecret@bucket/sales",
        "s3a://verysecret:***@bucket/sales: nothing there",
        f"gs://verysecret:{PASSWORD}@bucket/sales",
        "host=db user=u password='verysecret and more'",
        "SELECT * FROM jdbc(url => 'jdbc:x://h/d', password => 'verysecret')",
        "SELECT * FROM t WITH ('password' = 'verysecret')",
        "OPTIONS (url 'jdbc:x://h/d', password 'verysecret')",
        "CREATE USER me IDENTIFIED BY 'verysecret'",
        "query: 'SELECT f(token => ''verysecret'')'",
        '{"user": "me", "password": "verysecret"}',
        r'{"query": "{\"db_password\": \"verysecret\"}"}',
        "fs.s3a.secret.key=verysecret AccountKey=verysecret PGPASSWORD=verysecret MYSQL_PWD=verysecret",
        "https://u%3Averysecret@host/",
        "Authorization: Bearer abcdefghijklmnopqrstu",
        "key AKIAABCDEFGHIJKLMNOP was refused",
        "https://ghp_0123456789012345678901234567890123456@github.com/x",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_a_secret_is_known_by_its_place_or_form(text):
    clean = redact(text)
    assert "***" in clean
    parts = "Tr0ub4dor abcDEF 0123456789abcdef IQoJb3Jp wJalrXUtnFEMI verysecret abcdefghijklmnopqrstu"
    for planted in (*parts.split(), "AKIAABCDEFGHIJKLMNOP", "ghp_", "eyJ", "MIIE"):
        assert planted not in clean
    assert redact(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:5000/#/experiments/1/runs/2",
        "http://127.0.0.1:5000/path?mail=somebody@example.com",
        "sc://host:15002/;user_id=a@b",
        "postgresql://reader@db.example.com/crm",
        "sqlite:////home/me/mlflow.db",
        "sqlite:///crm.db?mode=ro&uri=true",
        "unexpected token: 'x' at 3; the key of the table is missing",
        "segment sweep features=value scaling=standard 'k=[2,3]' name=a:b@c",
        "models:/customer-segmentation@champion",
        "https://host/a?city=Berlin&since=2024-01-31&plan=gold,silver&v=1.2.3&file=Members_2024.csv&q=Late+2024",
        "https://host/a?compass=north&monkey=1&tokens=3&spin=2&pinned=yes",
        "s3://bucket/sales/2024@home.csv",
        "s3://${oc.env:KEY}:${oc.env:SECRET}@bucket/sales",
        "mysql://${oc.env:LOGIN}@host/crm",
        "mysql://${oc.env:NAME}:${oc.env:PASSWORD}@host/crm",
        "postgresql://reader:${oc.env:DB_PASSWORD}@host/crm",
        "customer 0002-ORFBO, 12.9 %",
        "SELECT * FROM a JOIN b ON a.token=b.token",
        "Password: 'abc' is not a number; a column 'password', another",
        '{"token": "Token", "Season Pass": "Season Pass"}',
    ],
)
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


def test_a_remembered_secret_is_hidden_in_every_spelling(tmp_path):
    secret = "p'a\"s&s_w<ö*rd/1"
    remember_in([f"data.path=postgresql://u:{secret}@h/d"])
    import html
    import json
    import shlex
    from urllib.parse import quote

    import yaml

    from customer_segmentation.formatting import markdown

    for text in (
        f'FATAL: password authentication failed: "{secret}"',
        quote(secret, safe=""),
        html.escape(f"x {secret} y"),
        json.dumps({"a": [secret]}),
        json.dumps({"a": [secret]}, ensure_ascii=False),
        yaml.safe_dump({"a": f"x {secret}: y"}, allow_unicode=True),
        shlex.quote(secret),
        repr(secret),
        markdown(f"words {secret} words"),
    ):
        assert "s&s_w" not in redact(text).replace("&amp;", "&").replace("\\_", "_"), text
        assert "***" in redact(text).replace("\\", ""), text


def test_plain_words_are_hidden_as_words_only_and_short_ones_by_their_place():
    remember_in("postgresql://postgres:postgres@host/postgres_db mysql://a:abc@host/abc")
    assert redact("postgresql and postgres. abc") == "postgresql and ***. abc"


def test_values_of_the_environment_show_where_they_came_from(monkeypatch, tmp_path):
    secrets.remember_variable("CRM_PASSWORD", PASSWORD)
    secrets.remember_variable("CRM", f"mysql://u:{PASSWORD}x@h/d")
    secrets.remember_variable("FOLDER", str(tmp_path))
    assert redact(f"mysql://reader:{PASSWORD}@h/d") == "mysql://reader:${oc.env:CRM_PASSWORD}@h/d"
    assert redact(f"path=mysql://u:{PASSWORD}x@h/d") == "path=${oc.env:CRM}"
    assert redact(f"in {tmp_path}") == f"in {tmp_path}"


def test_credentials_of_libraries_are_known_from_the_environment(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "correct-horse")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG")
    monkeypatch.setenv("DEBUG_TOKEN", "false")
    secrets.forget()
    assert redact("correct-horse wJalrXUtnFEMI/K7MDENG false") == "*** *** false"


def test_pictures_of_a_page_are_left_alone():
    picture = "data:image/png;base64,AKIAABCDEFGHIJKLMNOPsk-" + "A" * 30
    assert redact(f'<img src="{picture}"> AKIAABCDEFGHIJKLMNOP') == f'<img src="{picture}"> ***'


def test_files_are_cleaned_before_they_go_elsewhere_and_users_cells_kept(tmp_path: Path):
    remember(PASSWORD)
    (tmp_path / "config.yaml").write_text("path: mysql://a:zzz9999@b/c\n")
    (tmp_path / "rows.csv").write_text(f"note\nhttps://x/?token=abc\n{PASSWORD}\n")
    (tmp_path / "table.parquet").write_bytes(b"mysql://a:zzz9999@b/c")
    redact_files(tmp_path)
    assert (tmp_path / "config.yaml").read_text() == "path: mysql://a:***@b/c\n"
    assert (tmp_path / "rows.csv").read_text() == "note\nhttps://x/?token=abc\n***\n"
    assert (tmp_path / "table.parquet").read_bytes() == b"mysql://a:zzz9999@b/c"


def test_streams_hide_and_keep_everything_else(capsys):
    remember(PASSWORD)
    undo = secrets.guard_streams()
    try:
        assert isinstance(sys.stdout, RedactedStream)
        print("out", PASSWORD)
        print("error", PASSWORD, file=sys.stderr)
        assert sys.stdout.isatty() is False
        again = secrets.guard_streams()
        assert not isinstance(sys.stdout._stream, RedactedStream)
        again()
    finally:
        undo()
    out, error = capsys.readouterr()
    assert (out, error) == ("out ***\n", "error ***\n")
    assert not isinstance(sys.stdout, RedactedStream)


def test_an_address_that_lost_its_password_is_known():
    assert is_redacted(redact(f"mysql://u:{PASSWORD}@h/d"))
    assert is_redacted("https://h/x?token=***")
    assert not is_redacted("mysql://u:x@h/d")
    assert os.environ  # nothing was taken away


def test_a_config_that_lost_a_secret_is_a_config_still():
    remember(PASSWORD)
    text = yaml.safe_dump({"key": PASSWORD, "uri": f"x://u:{PASSWORD}@h", "more": [PASSWORD, {"a": PASSWORD}]})
    hidden = {"key": "***", "uri": "x://u:***@h", "more": ["***", {"a": "***"}]}
    assert yaml.safe_load(redact_yaml(text)) == hidden
    text = yaml.safe_dump({PASSWORD: {PASSWORD: 1}, f"{PASSWORD} ": [], "b": "1.0"})
    assert sorted(map(str, yaml.safe_load(redact_yaml(text)).values())) == ["1.0", "[]", "{'***': 1}"]


def test_a_column_that_is_called_as_a_secret_is_none():
    remember_in(ExplorationSettings(correlate={"token": "token"}))
    remember_in(FeaturesSettings(impute={"password age": "median", "api_key": "most_frequent"}))
    remember_in(TrackingSettings(customers_key="9f8e7d-hash-key"))
    assert redact("token, median, most_frequent, 9f8e7d-hash-key") == "token, median, most_frequent, ***"


def test_a_cell_gives_the_terminal_no_orders():
    stream = RedactedStream(io.StringIO())
    stream.write("\x1b[31mred\x1b[0m\tcell\x1b]0;title\x07 \x1b[2J\x9b2J\x1bPq\x00end ä€\n\x1b[2K\x1b[1A\x1b[?25l")
    assert stream.getvalue() == "\x1b[31mred\x1b[0m\tcell]0;title [2J2JPqend ä€\n\x1b[2K\x1b[1A\x1b[?25l"


def test_a_link_that_cannot_be_guessed_is_a_secret_and_ids_are_none():
    token = "2PACX-1vQx9Lk3hGmmZ7Tt2"
    remember_in({"path": f"https://docs.example.com/d/{token}/pub"})
    assert redact(f"the file of {token} is empty") == "the file of *** is empty"
    for plain in (
        "0123456789abcdef0123456789abcdef",
        "550e8400-e29b-41d4-a716-446655440000",
        "Shop_2024_Q3_Final_Table",
    ):
        assert redact(f"https://example.com/{plain}/x.csv") == f"https://example.com/{plain}/x.csv"


@pytest.mark.parametrize("name", ["authkey", "rlkey", "resourcekey", "subscriptionkey", "userpass", "sas", "token[]"])
def test_parameters_of_links_that_are_secrets(name):
    assert redact(f"https://files.example.com/x.csv?a=1&{name}=PLANTED99&b=2").endswith(f"&{name}=***&b=2")


def test_a_secret_with_a_quotation_mark_is_hidden_whole():
    remember_in("https://example.com/x.csv?access_token=abc'def12345&a=1")
    assert "def12345" not in redact("cannot read https://example.com/x.csv?access_token=abc'def12345&a=1")


def test_the_quotation_marks_of_an_override_stay():
    word = "data.path='sqlite:///file:crm.db?uri=true&password=PLANTED99'"
    remember_in([word])
    assert redact(word) == "data.path='sqlite:///file:crm.db?uri=true&password=***'"
    assert redact(r"data.query='SELECT \'password=PLANTED88\''") == r"data.query='SELECT \'password=***\''"


def test_an_address_of_the_environment_is_hidden_unless_it_is_a_mere_place():
    path = "hooks/T0PSECRETPATH9/clients.csv?page=7"
    remember_variable("CRM", f"http://10.0.0.1/{path}")
    assert redact(f"300 rows of http://10.0.0.1/{path}, or /{path}") == "300 rows of ${oc.env:CRM}, or /***"
    for place in ("http://127.0.0.1:5000", "sqlite:///mlflow.db", "https://mlflow.example.com/"):
        remember_variable("PLACE", place)
        assert redact(f"runs of {place}") == f"runs of {place}"


def test_a_cell_does_not_turn_what_the_terminal_shows():
    shown = io.StringIO()
    RedactedStream(shown).write("\u202egpj.dnepS \u2066a\u2069 عدد\n")
    assert shown.getvalue() == "gpj.dnepS a عدد\n"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://me:Plant@SecretTail@host:5432/crm", "failed to resolve host 'SecretTail@host'"),
        ("postgresql://me:Plant@Secret/Tail@host/crm", "failed to resolve host 'Secret'"),
        (
            "postgresql://me@example.com:SecretTail@host/crm",
            "rows of query on postgresql://me@example.com:SecretTail@host",
        ),
        ("postgresql+psycopg://me:99/Secret?Tail@host/crm", "login with 99/Secret?Tail or 99/Secret failed"),
        ("https://me:Plt7 Mid3q***SecretTail@host/x", "host 'Plt7 Mid3q***SecretTail'"),
        ("https://me:Pl\nSecret#x@host/x", "Failed to parse: Host 'me:Pl\\nSecret'"),
        (
            "x:///?odbc_connect=DRIVER%3D%7Bx%7D%3BPWD%3D%7Ba%3BSecret%7D%7DTail%7D%3BDATABASE%3Dx",
            "login with a;Secret}Tail",
        ),
        ("DRIVER={x};PWD={a;Secret}}Tail};DATABASE=x", "login with a;Secret}Tail"),
        ("postgresql://host/crm?user=me&password=Plant Secret#Tail;x", "at ?password=Plant Secret#Tail;x"),
    ],
)
def test_a_password_is_what_a_driver_takes_for_it_and_for_the_host(address, said):
    remember_in(address)
    assert "Secret" not in redact(said)
    assert "Secret" not in redact(address)


def test_what_follows_a_secret_of_a_spark_server_stays():
    remember_in(address := "sc://host:15002/;token=verysecret;user_id=me")
    assert redact(address) == "sc://host:15002/;token=***;user_id=me"


def test_a_message_is_cut_after_its_secrets_are_taken_out():
    remember("A-long-one-that-is-cut")
    told = f"{'x' * 190} A-long-one-that-is-cut {'y' * 200}"
    assert "A-long" not in first_line(ValueError(told)) + one_line(told)
    remember("Plant\nSecretTail9.")
    assert "Plant" not in first_line(ValueError("login with Plant\nSecretTail9."))
    cut = re.compile(r"^(?!.*(?:redact|one_line)\().*str\(error\).*\[:\d+\]", re.MULTILINE)
    joined = re.compile(r"redact\(\" \"\.join|\" \"\.join\(str\((?:error|query)\)")
    sources = {path: path.read_text("utf-8") for path in Path(secrets.__file__).parent.rglob("*.py")}
    assert not [path for path, text in sources.items() if cut.search(text) or joined.search(text)]


def test_threads_hide_what_another_has_remembered():
    words = [f"Planted-{at}-{one}" for at in range(4) for one in range(40)]
    stop = threading.Event()

    def read():
        while not stop.is_set():
            redact("a line without any")

    readers = [threading.Thread(target=read) for _ in range(2)]
    writers = [threading.Thread(target=lambda at=at: [remember(one) for one in words[at::4]]) for at in range(4)]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert [one for one in words if one in redact(one)] == []


def test_a_word_of_the_environment_that_is_a_columns_name_or_a_cell_stays_one(monkeypatch, tmp_path):
    monkeypatch.setenv("MYAPP_TOKEN", "Spend")
    monkeypatch.setenv("MYAPP_PIN_TOKEN", "12345")
    remember_environment()
    assert redact("columns: Spend, 12345.67 and 12345") == "columns: ***, 12345.67 and ***"
    allow(["Spend", "Visits"])
    remember_environment()
    assert redact("columns: Spend, Visits") == "columns: Spend, Visits"
    (tmp_path / "customers.csv").write_text("id,note\n12345,x\n")
    redact_files(tmp_path)
    assert (tmp_path / "customers.csv").read_text() == "id,note\n12345,x\n"


def test_what_holds_an_address_is_written_out_without_its_password():
    address = "postgresql://me:Planted-Repr-1@host/crm"
    data = DataSettings(path=address, query="SELECT 1 -- token=Planted-Repr-1")
    held = [SweepSettings(data=data, tracking=TrackingSettings(uri=address)), ScoreSettings(input=address)]
    held += [Store(address, None, "1", "mine"), Plan("sweep", (), (f"data.path={address}",), {}, (), (data,), (), ())]
    for one in held:
        assert "Planted" not in repr([one])
        assert "me:***@host" in str(one)


def test_every_value_of_a_drivers_string_is_a_secret_unless_its_name_says_what_it_is():
    for string in (
        "Driver=Simba;Host=crm-1;Wallet Pass=two words9;Port=1",
        "Driver%3DSimba%3BWalletPass%3Dtwo%20words9",
    ):
        remember_in({"path": "mssql+pyodbc:///?odbc_connect=" + quote(string)})
        assert redact("the driver says: two words9, crm-1") == "the driver says: ***, crm-1"
        secrets.forget()


def test_what_a_server_echoes_of_an_address_is_hidden():
    remember_in("https://host/m.csv?ticketing=Xk29-aqq7&city=Berlin")
    assert redact("403: no such guest Xk29-aqq7 in Berlin") == "403: no such guest *** in Berlin"
