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
P = sp.Symbol("P", integer=True, positive=True)  # number of examples
lambda_ = sp.Symbol("lambda_", positive=True)  # learning rate of a presentation
w_11, w_12, w_21, w_22 = sp.symbols("w_11 w_12 w_21 w_22", real=True)  # weight of input k in hidden neuron j, w_jk
v_1, v_2 = sp.symbols("v_1 v_2", real=True)  # weights of two hidden neurons in one output
m_1, m_2 = sp.symbols("m_1 m_2", real=True)  # input-output map of that network
r_1, r_2 = sp.symbols("r_1 r_2", real=True)  # sums over examples of output times input
e_1, e_2 = sp.symbols("e_1 e_2", real=True)  # sums over examples of error times input
Sigma_11, Sigma_22 = sp.symbols("Sigma_11 Sigma_22", positive=True)  # sums over examples of squared inputs
Sigma_12 = sp.Symbol("Sigma_12", real=True)  # sum over examples of input 1 times input 2

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

# generalization of a deep linear student (document 001)
shat = sp.Symbol("shat", positive=True)  # singular value of the training data's input-output correlation
sbar = sp.Symbol("sbar", positive=True)  # singular value of the teacher
A = sp.Symbol("A", positive=True)  # outputs per input, N_3 / N_1

# hierarchical branching diffusion (document 000); B, the letter of minibatches above, is the branching number
eps = sp.Symbol("eps", positive=True)  # probability that a feature flips along one link of the tree
D = sp.Symbol("D", integer=True, positive=True)  # depth of the tree: links between the root and an item
l = sp.Symbol("l", integer=True, positive=True)  # level of a branching, counted from the root
C_in = sp.Symbol("C_in", real=True)  # mean similarity of an item to its category, itself included
C_out = sp.Symbol("C_out", real=True)  # similarity of an item to the nearest other category
