from wgan_keras.theory.demos.vanishing_gradient import vanishing_gradient


def test_the_gradient_vanishes_for_the_discriminator_only():
    numbers = vanishing_gradient(steps=400).numbers
    assert numbers["d_at_fake"] < 0.01
    assert numbers["log_1_minus_d_gradient"] < numbers["critic_gradient"] / 10
    assert numbers["log_1_minus_d_gradient_median"] < numbers["critic_gradient"] / 100
    assert numbers["critic_slope_most"] < 5 * numbers["critic_slope_least"]
