import wgan_keras
from wgan_keras.errors import UserError


def test_an_error_of_the_users_is_a_value_error():
    assert issubclass(UserError, ValueError)
    assert wgan_keras.UserError is UserError
