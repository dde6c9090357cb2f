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
delta = sp.Symbol("delta", positive=True)  # fraction of the singular value at which a transition begins
transition = sp.Symbol("T_tr", positive=True)  # duration of a transition, in a unit that the singular value sets
ignorance = sp.Symbol("T_ig", positive=True)  # duration of the ignorance before it, in the same unit
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
sigma = sp.Symbol("sigma", positive=True)  # singular value of the input-output map
m = sp.Symbol("m", real=True)  # what the data ask along the directions of sigma: p^T Sigma31 q
s_i, s_j = sp.symbols("s_i s_j", nonnegative=True)  # singular values of two modes; zero for a mode without partner
Lambda_i, Lambda_j = sp.symbols("Lambda_i Lambda_j", positive=True)  # squares of an input mode, summed over examples
Lambda = sp.Symbol("Lambda", positive=True)  # eigenvalue of the input correlation Sigma11
Sigma_11, Sigma_22 = sp.symbols("Sigma_11 Sigma_22", positive=True)  # sums over examples of squared inputs
Sigma_12 = sp.Symbol("Sigma_12", real=True)  # sum over examples of input 1 times input 2

# weights of a three-layer linear network in the singular coordinates of its data (document 001)
a_i_1, a_i_2 = sp.symbols("a_i_1 a_i_2", real=True)  # weight of input mode 1, 2 in hidden neuron i
b_i_1, b_i_2, b_i_3 = sp.symbols("b_i_1 b_i_2 b_i_3", real=True)  # weight of hidden neuron i in output mode 1, 2, 3
U_k_1, U_k_2, U_k_3 = sp.symbols("U_k_1 U_k_2 U_k_3", real=True)  # output neuron k in left singular vector 1, 2, 3
V_j_1, V_j_2 = sp.symbols("V_j_1 V_j_2", real=True)  # input neuron j in right singular vector 1, 2
Wbar_11, Wbar_12, Wbar_21, Wbar_22, Wbar_31, Wbar_32 = sp.symbols(
    "Wbar_11 Wbar_12 Wbar_21 Wbar_22 Wbar_31 Wbar_32", real=True
)  # input-output map between input and output modes, output mode first
Sigmabar_11, Sigmabar_22 = sp.symbols("Sigmabar_11 Sigmabar_22", positive=True)  # squares of an input mode, summed
Sigmabar_12 = sp.Symbol("Sigmabar_12", real=True)  # sum over examples of input mode 1 times input mode 2
e_11, e_12, e_21, e_31 = sp.symbols("e_11 e_12 e_21 e_31", real=True)  # error between modes, output mode first

W_1, W_2, W_3, W_4 = sp.symbols("W^1 W^2 W^3 W^4", commutative=False)  # four matrices, each possibly a product
Sigma_31_matrix = sp.Symbol("Sigma^31", commutative=False)  # sum over examples of y x^T
Sigma_11_matrix = sp.Symbol("Sigma^11", commutative=False)  # sum over examples of x x^T
error_matrix = sp.Symbol("E", commutative=False)  # sum over examples of (y - W x) x^T
varphi = sp.Symbol("varphi", positive=True)  # angle along the spectrum of a product of random matrices, in radians
a_1_1, a_1_2, a_1_3, a_2_1, a_2_2, a_2_3 = sp.symbols("a_1_1 a_1_2 a_1_3 a_2_1 a_2_2 a_2_3", real=True)
# a_i_k, b_i_k: hidden neuron i in the vector a^k of input mode k, and in the vector b^k of output mode k
b_1_1, b_1_2, b_1_3, b_1_4 = sp.symbols("b_1_1 b_1_2 b_1_3 b_1_4", real=True)
b_2_1, b_2_2, b_2_3, b_2_4 = sp.symbols("b_2_1 b_2_2 b_2_3 b_2_4", real=True)

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
c = sp.Symbol("c_l", real=True)  # correlation, at layer l, of a neuron's preactivations for two inputs
Delta_chi = sp.Symbol("Delta_chi", positive=True)  # distance of chi_1 from 1, on either side of the phase boundary
c_star = sp.Symbol("c_star", real=True)  # correlation that two inputs approach, fixed point of its map
xi_q = sp.Symbol("xi_q", positive=True)  # layers over which a wrong length decays by 1/e
xi_c = sp.Symbol("xi_c", positive=True)  # layers over which a wrong correlation decays by 1/e
V_l = sp.Symbol("V_l", positive=True)  # variance of a preactivation at layer l
K_II, K_JJ = sp.symbols("K_II K_JJ", positive=True)  # variances of a preactivation for two inputs I and J, at layer l
K_IJ = sp.Symbol("K_IJ", real=True)  # their covariance, at layer l
c_IJ = sp.Symbol("c_IJ", real=True)  # their correlation, at layer l
rho = sp.Symbol("rho", real=True)  # correlation of two weights
n_I = sp.Symbol("n_I", integer=True, positive=True)  # inputs that are passed through one network
p_keep = sp.Symbol("p_keep", positive=True)  # probability that dropout keeps a neuron
sigma_u = sp.Symbol("sigma_u", positive=True)  # standard deviation of sqrt(M) times a weight back into a stream
c_batch = sp.Symbol("c_B", nonnegative=True)  # correlation of any two inputs of a batch that are not a pair
Omega_IJ = sp.Symbol("Omega_IJ", real=True)  # product of two inputs per entry, x^I . x^J / N_0

# gradients that travel backwards through a random network (document 002)
L = sp.Symbol("L", integer=True, positive=True)  # number of the last layer, from whose gradients the others follow
g_last = sp.Symbol("g^L", positive=True)  # mean squared gradient by a preactivation of the last layer
N_here = sp.Symbol("N^l", integer=True, positive=True)  # width of layer l
N_last = sp.Symbol("N^L", integer=True, positive=True)  # width of the last layer

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
L_closed = sp.Symbol("L_closed^E", positive=True)  # Euclidean length of a closed curve
s_theta = sp.Symbol("s_theta", integer=True, nonnegative=True)  # how often a coordinate of a curve changes direction
R = sp.Symbol("R", positive=True)  # dynamic range of an activation: its supremum minus its infimum
L_D = sp.Symbol("L_D", positive=True)  # Euclidean length of a circle's image in the outputs of layer D
N_min = sp.Symbol("N_min", positive=True)  # neurons that one hidden layer needs for the length of a deep network
L_b = sp.Symbol("L_b", positive=True)  # mean length of a decision boundary on the unit sphere of three inputs
kappa_b = sp.Symbol("kappa_b", positive=True)  # mean absolute geodesic curvature of that boundary
Delta = sp.Symbol("Delta", real=True)  # difference of two angles on a circle, in radians
q_Delta = sp.Symbol("q_Delta", real=True)  # kernel of the layer before for two angles that differ by Delta
q_Delta_1, q_Delta_l = sp.symbols(
    "q^1_Delta q^l_Delta", real=True
)  # that kernel at layer 1, where the circle is, and l
L_E_new = sp.Symbol("L^E'", positive=True)  # Euclidean length after a stretch
kappa_new = sp.Symbol("kappa'", positive=True)  # extrinsic curvature after a stretch
L_G_new = sp.Symbol("L^G'", positive=True)  # length of the path of the unit tangent after a stretch
v_dot_a = sp.Symbol("v_dot_a", real=True)  # inner product of velocity and acceleration of a curve
a_dot_a = sp.Symbol("a_dot_a", positive=True)  # squared acceleration of a curve
g_G_l = sp.Symbol("g^G_l", positive=True)  # metric of the Gauss map at layer l
L_E_l = sp.Symbol("L^E_l", positive=True)  # Euclidean length of the whole curve at layer l
L_G_l = sp.Symbol("L^G_l", positive=True)  # length of the path of the unit tangent at layer l

# diffusion (document 000)
alphabar_n, alphabar_s, alphabar_t = sp.symbols("alphabar_n alphabar_s alphabar_t", positive=True)
# share of the variance of the data that is left after n steps, after s, and after t > s
beta_t = sp.Symbol("beta_t", positive=True)  # variance that one step adds
step_variance = sp.Function("beta", positive=True)  # the same, a function of the number of the step
x_0 = sp.Symbol("x_0", real=True)  # a datum
mu_0 = sp.Symbol("mu_0", real=True)  # mean of the data
v_0 = sp.Symbol("v_0", positive=True)  # variance of the data
energy = sp.Function("E", real=True)  # minus the logarithm of a density, up to a constant
eta = sp.Symbol("eta", nonnegative=True)  # noise of a sampler: 0 deterministic, 1 that of the reverse chain
SNR = sp.Symbol("SNR", positive=True)  # signal-to-noise ratio: squared amplitude of the signal over that of the noise
beta_max = sp.Symbol("beta_max", positive=True)  # largest variance that a step may add
gamma = sp.Symbol("gamma", positive=True)  # signal-to-noise ratio at which a weight is truncated

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
N_1 = sp.Symbol("N_1", integer=True, positive=True)  # inputs
N_3 = sp.Symbol("N_3", integer=True, positive=True)  # outputs
Y = sp.Symbol("Y", positive=True)  # sum of the squared labels of the training data
sigma_z = sp.Symbol("sigma_z", positive=True)  # standard deviation of the noise in a label
ubar_i = sp.Symbol("ubar_i", real=True)  # entry of the teacher's output direction
vbar_j = sp.Symbol("vbar_j", real=True)  # entry of the teacher's input direction
O = sp.Symbol("O", real=True)  # of a mode of the data: product of its two overlaps with the teacher's directions
a_s = sp.Symbol("a_s", positive=True)  # strength of the mode of singular value s when the largest mode has strength a
r_s = sp.Symbol("r_s", positive=True)  # growth of that mode from its initial strength

# hierarchical branching diffusion (document 000); B, the letter of minibatches above, is the branching number
eps = sp.Symbol("eps", positive=True)  # probability that a feature flips along one link of the tree
D = sp.Symbol("D", integer=True, positive=True)  # depth: of the tree in links, of a linear network in matrices
l = sp.Symbol("l", integer=True, positive=True)  # level of a branching, counted from the root; layer of a network
r = sp.Symbol("r", nonnegative=True)  # what one level of the tree leaves of the similarity of two items
s_0 = sp.Symbol("s_0", positive=True)  # singular value of the mean over all items
s_1 = sp.Symbol("s_1", positive=True)  # singular value of the distinctions of level 1
C_in = sp.Symbol("C_in", real=True)  # mean similarity of an item to its category, itself included
C_out = sp.Symbol("C_out", real=True)  # similarity of an item to the nearest other category
n_c = sp.Symbol("n_c", integer=True, positive=True)  # items of a category

# teaching one item or one property (document 000)
H_ii = sp.Symbol("H_ii", positive=True)  # squared norm of an item's hidden activity
H_ij = sp.Symbol("H_ij", real=True)  # product of two items' hidden activities
R_mm = sp.Symbol("R_mm", positive=True)  # squared norm of the weights from the hidden layer to a property
R_mn = sp.Symbol("R_mn", real=True)  # product of the weights to two properties
s_2 = sp.Symbol("s_2", positive=True)  # singular value of a second mode
p_1 = sp.Symbol("p_1", positive=True)  # component of a property along an object analyzer
p_2 = sp.Symbol("p_2", positive=True)  # component of a property along a second object analyzer
u_1, u_2 = sp.symbols("u_1 u_2", real=True)  # entries of two properties in a feature synthesizer
nu_1, nu_2 = sp.symbols("nu_1 nu_2", real=True)  # entries of two items in an object analyzer
y_1, y_2 = sp.symbols("y_1 y_2", real=True)  # two properties of an item
x_1, x_2 = sp.symbols("x_1 x_2", real=True)  # a property for two items

# what shallow and deep networks can compute (document 001); L counts hidden layers there
n = sp.Symbol("n", integer=True, positive=True)  # neurons of a hidden layer; inputs of a Boolean function
n_0 = sp.Symbol("n_0", integer=True, positive=True)  # inputs of a network
i = sp.Symbol("i", integer=True, positive=True)  # pairs of layers of a sum-product network
n_L = sp.Symbol("n_L", integer=True, positive=True)  # neurons of the last hidden layer

# error landscapes (document 000); u, the letter of a factor above, is the error level per variable there
mu = sp.Symbol("mu", positive=True)  # damping of a step: what is added to curvatures
lambda_i = sp.Symbol("lambda_i", real=True, nonzero=True)  # curvature: an eigenvalue of the Hessian
lambda_1, lambda_2 = sp.symbols("lambda_1 lambda_2", real=True, nonzero=True)  # two curvatures
gamma_1, gamma_2 = sp.symbols("gamma_1 gamma_2", real=True)  # slopes along the directions of two curvatures
delta_q = sp.Symbol("delta_q", positive=True)  # what the quadratic part of a loss may change in one step
d_0 = sp.Symbol("d_0", positive=True)  # distance from a saddle at the start, along a negative curvature
d_f = sp.Symbol("d_f", positive=True)  # that distance at the end of a plateau
C_1, C_2 = sp.symbols("C_1 C_2", positive=True)  # -C'(0) and C''(0) of a landscape of covariance N C(r^2 / 2N)
p = sp.Symbol("p", integer=True, positive=True)  # degree of a spherical model: how many spins interact
N_2 = sp.Symbol("N_2", integer=True, positive=True)  # hidden neurons of a three-layer network
n_m = sp.Symbol("n_m", integer=True, nonnegative=True)  # modes that it holds at a critical point
n_r = sp.Symbol("n_r", integer=True, positive=True)  # modes that the data have
J_m = sp.Symbol("J_m", integer=True, nonnegative=True)  # sum of the ranks of the held modes, the strongest of rank 1

# what shallow and deep networks compute cheaply (document 003)
d = sp.Symbol("d", integer=True, positive=True)  # degree of a polynomial
k = sp.Symbol("k", integer=True, positive=True)  # bits of a product
n_1 = sp.Symbol("n_1", integer=True, nonnegative=True)  # bits that are one
beta = sp.Symbol("beta", positive=True)  # steepness of a neuron: scale of its weights and its bias
H_1, H_2, H_3 = sp.symbols(
    "H_1 H_2 H_3", real=True
)  # self-information -log p(y|x) of what is seen, for three categories
mu_1, mu_2, mu_3 = sp.symbols("mu_1 mu_2 mu_3", real=True)  # self-information -log p(x) of three categories
y_3, y_4 = sp.symbols("y_3 y_4", real=True)  # variables of a polynomial, beside y_1 and y_2
h_1, h_2, h_12 = sp.symbols("h_1 h_2 h_12", real=True)  # coefficients of a Hamiltonian: linear ones, and of y_1 y_2
h_11, h_22 = sp.symbols("h_11 h_22", positive=True)  # coefficients of the squares
det_h = sp.Symbol("D_h", positive=True)  # determinant of the second derivatives of a Hamiltonian of two variables
moment = sp.Symbol("M", positive=True)  # expectation of a power
n_b = sp.Symbol("n_b", integer=True, positive=True)  # neighbours of a spin
N_c, S_c = sp.symbols("N_c S_c", integer=True, positive=True)  # cliques of a cover, and vertices of the largest one
K = sp.Symbol("K", positive=True)  # coupling of neighbouring spins, over the temperature
n_g = sp.Symbol("n_g", integer=True, positive=True)  # groups of variables
pi_0 = sp.Symbol("pi_0", positive=True)  # probability of the state 1 at the start of a Markov chain
alpha_1, alpha_2 = sp.symbols("alpha_1 alpha_2", positive=True)  # probability to go from 0 to 1, in step 1 and 2
beta_1, beta_2 = sp.symbols("beta_1 beta_2", positive=True)  # probability to go from 1 to 0, in step 1 and 2
n_v = sp.Symbol("n_v", integer=True, positive=True)  # values that a variable can have
n_p = sp.Symbol("n_p", integer=True, nonnegative=True)  # affine pieces of a function on a line
f_2 = sp.Symbol("f_2", positive=True)  # largest absolute second derivative of a function on the unit interval
q_1 = sp.Symbol("q_1", positive=True)  # probability of the state 1 after one step of a Markov chain
r_12 = sp.Symbol("r_12", positive=True)  # the same, given the state 1 after the second step
Z_y = sp.Symbol("Z_y", positive=True)  # normalization of a posterior: probability of what is seen
