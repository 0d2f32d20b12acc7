/** The theory behind the page, for those who want it. */
export function Reading() {
  return (
    <footer class="reading">
      <h2>Why</h2>
      <div class="columns">
        <p>
          A step of SGD is a step of gradient descent plus noise. Near a minimum the noise is no featureless ball: its
          size is in proportion to the loss, and it is largest in the directions in which the loss curves most. So the
          sharper a minimum, the harder SGD shakes there. Beyond a certain sharpness the shaking feeds on itself, and
          the run is thrown out, exponentially fast.
        </p>
        <p>
          How sharp is too sharp follows from the learning rate <i>η</i> and the batch size <i>B</i>, and not from the
          number of parameters or examples. What remains accessible to SGD are the flat minima. Gradient descent has no
          noise; it stays wherever <i>λ</i>
          <sub>max</sub>(<i>H</i>) is at most 2/<i>η</i>.
        </p>
      </div>
      <p class="onward">
        This page shows one network. <a href="./claims.html">Each claim about the noise can be tried</a>, too: its runs,
        its figures, and the bands that judge it. A <code>report.json</code> of the command line that is dropped on this
        page opens there.
      </p>
      <details>
        <summary>The argument in four lines</summary>
        <ol class="argument">
          <li>
            With the loss <i>L</i> = (1/2<i>n</i>) Σ <i>r</i>² linearised at a minimum, one step from any point gives
            exactly E[<i>L</i>′] = <i>L</i>(<i>θ</i> − <i>η</i>∇<i>L</i>) + (<i>η</i>²/2) <i>p</i> Tr(<i>H</i>Σ), where{" "}
            <i>p</i>Σ is the covariance of the minibatch gradient and <i>p</i> = 1/<i>B</i> with replacement.
          </li>
          <li>
            By the definition of <i>μ</i>, Tr(<i>H</i>Σ) = 2<i>μL</i>‖<i>H</i>‖<sub>F</sub>², and the first term is not
            negative: E[<i>L</i>′] ≥ <i>η</i>²<i>pμ</i>‖<i>H</i>‖<sub>F</sub>² · <i>L</i>.
          </li>
          <li>
            If that factor stays above 1, the loss grows exponentially. A minimum that SGD can hold therefore has ‖
            <i>H</i>‖<sub>F</sub> ≤ √(<i>B</i>/inf <i>μ</i>)/<i>η</i>, with the least <i>μ</i> over all residuals: a
            theorem. With the measured <i>μ</i> in its place it is a heuristic.
          </li>
          <li>
            The exact limit, without the inequality of line 2, is the critical learning rate <i>η</i>*: the largest{" "}
            <i>η</i> at which the second moment of the linearised run does not grow.
          </li>
        </ol>
      </details>
      <details>
        <summary>What is computed, and how exactly</summary>
        <p>
          Everything runs in this page, in double precision. ‖<i>H</i>‖<sub>F</sub>, <i>λ</i>
          <sub>max</sub>, <i>μ</i> and <i>η</i>* are exact for the Gauss–Newton matrix <i>G</i>, from the <i>n</i> ×{" "}
          <i>n</i> Gram matrix of the gradients. <i>G</i> equals the Hessian <i>H</i> at a minimum of zero loss; before
          that, read them as what would hold if this point were a minimum. The theorem asks for a lower bound of{" "}
          <i>μ</i> over all residuals; drawn with <i>μ</i> = 1 or the measured <i>μ</i>, its line is a guide, not a
          proof. The limit <i>η</i>* is about the mean square; a single path may hold a little above it.
        </p>
        <p>
          Data: inputs uniform on the sphere of radius √<i>d</i>, targets Σ relu(<i>v</i>·<i>x</i>) of three random unit
          vectors. The network starts large and clips gradients at norm 20; random features are tanh and are not
          clipped. A run rests when the loss was below 10⁻⁸ at five checks, 200 steps apart.
        </p>
        <p>
          Sources: L. Wu, M. Wang and W. J. Su,{" "}
          <a href="https://arxiv.org/abs/2207.02628">
            The alignment property of SGD noise and how it helps select flat minima
          </a>{" "}
          (2022), for the bound and the alignment; R. Mulayoff and T. Michaeli,{" "}
          <a href="https://arxiv.org/abs/2306.07850">Exact mean square linear stability analysis for SGD</a> (2024), for{" "}
          <i>η</i>*; L. Wu and W. J. Su,{" "}
          <a href="https://arxiv.org/abs/2305.17490">
            The implicit regularization of dynamical stability in stochastic gradient descent
          </a>{" "}
          (2023), for the network and its start.
        </p>
      </details>
    </footer>
  );
}
