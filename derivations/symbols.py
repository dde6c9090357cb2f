"""One symbol, one meaning, one set of assumptions.

Two SymPy symbols that print alike but carry other assumptions are different symbols, so every result imports its
letters from here. Letters are those of the papers; the name is also the keyword under which compiled formulas take
the value. Pre-activations and integration variables are `real`, never `positive`: positive symbols delete branches.
"""

import sympy as sp

# time and deep linear learning (documents 000, 001)
t = sp.Symbol("t", nonnegative=True)  # training time, in the unit of tau
tau = sp.Symbol("tau", positive=True)  # time constant P / lambda
s = sp.Symbol("s", positive=True)  # singular value of the input-output correlation
a_0 = sp.Symbol("a_0", positive=True)  # initial mode strength
N_l = sp.Symbol("N_l", integer=True, positive=True)  # number of layers of neurons; N_l - 1 weight matrices
a = sp.Symbol("a", positive=True)  # mode strength: the product of the layers' strengths
a_f = sp.Symbol("a_f", positive=True)  # mode strength at the end of a period of learning
c_0 = sp.Symbol("c_0", real=True)  # initial imbalance of a mode, w_2^2 - w_1^2
w_1 = sp.Symbol("w_1", real=True)  # strength of a mode in the first layer
w_2 = sp.Symbol("w_2", real=True)  # strength of a mode in the second layer

# random networks (document 001, 002)
z = sp.Symbol("z", real=True)  # standard Gaussian integration variable
x = sp.Symbol("x", real=True)  # argument of an activation
phi = sp.Function("phi", real=True)  # activation
sigma_w = sp.Symbol("sigma_w", positive=True)  # standard deviation of sqrt(N) times a weight
sigma_b = sp.Symbol("sigma_b", nonnegative=True)  # standard deviation of a bias
q = sp.Symbol("q", positive=True)  # length per neuron, (1/N) |h|^2
q_star = sp.Symbol("q_star", positive=True)  # fixed point of the length map
chi_1 = sp.Symbol("chi_1", positive=True)  # mean squared local stretch
chi_2 = sp.Symbol("chi_2", nonnegative=True)  # mean squared second derivative
N = sp.Symbol("N", integer=True, positive=True)  # width

# geometry of a curve h(theta) in the space of a layer (document 001)
g_E = sp.Symbol("g^E", positive=True)  # Euclidean metric: squared speed of the curve
g_G = sp.Symbol("g^G", positive=True)  # metric of the Gauss map: squared speed of the unit tangent
kappa = sp.Symbol("kappa", positive=True)  # extrinsic curvature: inverse radius of the osculating circle
L_E = sp.Symbol("L^E", positive=True)  # Euclidean length of the whole curve
L_G = sp.Symbol("L^G", positive=True)  # length of the path of the unit tangent
gbar = sp.Symbol("gbar", positive=True)  # g^E / N at the layer before
kappabar = sp.Symbol("kappabar", positive=True)  # sqrt(N) kappa at the layer before
gbar_l = sp.Symbol("gbar^l", positive=True)  # g^E / N at layer l
kappabar_l = sp.Symbol("kappabar^l", positive=True)  # sqrt(N) kappa at layer l

# stochastic gradient descent (document 002)
theta = sp.Symbol("theta", real=True)  # one weight
epsilon = sp.Symbol("epsilon", positive=True)  # learning rate
B = sp.Symbol("B", integer=True, positive=True)  # examples in a minibatch
g = sp.Symbol("g", positive=True)  # noise scale: step covariance = 2 g F dt
loss = sp.Function("L", real=True)  # mean loss over the training set, a function of the weight
gradient_noise = sp.Function("F", positive=True)  # covariance of the examples' gradients, a function of the weight

# multiplication by four neurons (document 003)
u = sp.Symbol("u", real=True)  # first factor
v = sp.Symbol("v", real=True)  # second factor
b = sp.Symbol("b", real=True)  # bias shared by the hidden neurons
lamda = sp.Symbol("lamda", positive=True)  # scale of the input weights; the output weights carry lamda**-2
sigma_2 = sp.Symbol("sigma_2", real=True, nonzero=True)  # second Taylor coefficient of the activation at the bias
sigma_4 = sp.Symbol("sigma_4", real=True)  # fourth Taylor coefficient of the activation at the bias
