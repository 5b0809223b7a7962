"""What processes of one machine share lies in a file, which stays there when all of them are killed."""

from customer_segmentation.config.checks import check_plan
from customer_segmentation.config.compose import plan
from customer_segmentation.execution.shared_data import forget, share
from customer_segmentation.workflows.prepare import prepare_customers


def test_no_password_of_an_address_is_shared(tmp_path):
    made = plan("sweep", ["data.customers=300", "features=value", "scaling=standard", "k=[2]"])
    settings = made.settings[0]
    settings.data.path = "postgresql://me:planted-one@host/crm"  # of which a sample takes no notice
    settings.tracking.uri = "postgresql://me:planted-two@host/mlflow"
    forget()
    prepared = prepare_customers(settings, check_plan(made))
    assert prepare_customers(settings, check_plan(made)) is prepared, "loaded once"
    share(tmp_path / "shared")
    forget()
    content = (tmp_path / "shared").read_bytes()
    assert len(content) > 1000
    assert b"planted" not in content
