import { createRoute, redirect } from '@tanstack/react-router'
import * as v from 'valibot'
import { accountQuery, queries } from '../../api/queries'
import { signedIn } from '../../shell/guard'
import { lazily } from '../../shell/lazily'
import { PublicShell } from '../../shell/public'
import { root } from '../../shell/root'

const layout = createRoute({ getParentRoute: () => root, id: 'public', component: PublicShell })

const text = v.optional(v.string())
/** The secret of a mailed link. */
const withToken = v.object({ token: v.optional(v.string(), '') })
/** Where to go on to after signing in, and the address to sign in with. */
const withNext = v.object({ next: text, email: text })

const signIn = (name: string) => lazily(() => import('./sign-in'), name)
const mailed = (name: string) => lazily(() => import('./mailed-links'), name)
const layoutOf = () => layout

const home = createRoute({
  getParentRoute: () => layout,
  path: '/',
  component: lazily(() => import('./home'), 'Home'),
})

const login = createRoute({
  getParentRoute: layoutOf,
  path: 'login',
  component: signIn('LogIn'),
  validateSearch: withNext,
  beforeLoad: async ({ search }) => {
    if (await queries.ensureQueryData(accountQuery)) throw redirect({ href: search.next ?? '/' })
  },
})
const signup = createRoute({
  getParentRoute: layoutOf,
  path: 'signup',
  component: signIn('SignUp'),
  validateSearch: withNext,
})
const forgotPassword = createRoute({
  getParentRoute: layoutOf,
  path: 'forgot-password',
  component: signIn('ForgotPassword'),
  validateSearch: withNext,
})
const resetPassword = createRoute({
  getParentRoute: layoutOf,
  path: 'reset-password',
  component: signIn('ResetPassword'),
  validateSearch: withToken,
})
const operator = createRoute({
  getParentRoute: layoutOf,
  path: 'operator',
  component: signIn('Operator'),
  validateSearch: withToken,
})
const verifyEmail = createRoute({
  getParentRoute: layoutOf,
  path: 'verify-email',
  component: mailed('VerifyEmail'),
  validateSearch: withToken,
  beforeLoad: signedIn,
})
const changeEmail = createRoute({
  getParentRoute: layoutOf,
  path: 'change-email',
  component: mailed('ConfirmEmail'),
  validateSearch: withToken,
  beforeLoad: signedIn,
})
const invitationsAccept = createRoute({
  getParentRoute: layoutOf,
  path: 'invitations/accept',
  component: mailed('AcceptInvitation'),
  validateSearch: withToken,
  beforeLoad: signedIn,
})
const devPortalAccept = createRoute({
  getParentRoute: layoutOf,
  path: 'dev-portal/accept',
  component: mailed('AcceptPortal'),
  validateSearch: withToken,
  beforeLoad: signedIn,
})
const workspacesNew = createRoute({
  getParentRoute: layoutOf,
  path: 'workspaces/new',
  component: lazily(() => import('./new-workspace'), 'NewWorkspace'),
  beforeLoad: signedIn,
})

const catalog = createRoute({
  getParentRoute: () => layout,
  path: 'catalog',
  component: lazily(() => import('./catalog'), 'Catalog'),
  validateSearch: v.object({ kind: text, q: text, category: text, stage: text, group: text }),
})
const catalogEntry = createRoute({
  getParentRoute: () => layout,
  path: 'catalog/$slug',
  component: lazily(() => import('./catalog-entry'), 'CatalogEntry'),
  validateSearch: v.object({ kind: text }),
})
const partners = createRoute({
  getParentRoute: () => layout,
  path: 'partners',
  component: lazily(() => import('./partners'), 'Partners'),
})
const spec = createRoute({
  getParentRoute: () => layout,
  path: 'docs/spec',
  component: lazily(() => import('./spec'), 'Spec'),
  validateSearch: v.object({ q: text, page: text }),
})
const deepLink = createRoute({
  getParentRoute: () => layout,
  path: 'goto-my-workspace/sources/catalog/$slug',
  component: lazily(() => import('./deep-link'), 'DeepLink'),
  beforeLoad: signedIn,
})
const oldDeepLink = createRoute({
  getParentRoute: () => layout,
  path: '$ws/sources/catalog/$slug',
  component: lazily(() => import('./deep-link'), 'DeepLink'),
  beforeLoad: signedIn,
})
const mailedDestination = createRoute({
  getParentRoute: () => layout,
  path: 'destinations/$destination',
  component: lazily(() => import('./mailed-place'), 'MailedDestination'),
  beforeLoad: signedIn,
})
const mailedSource = createRoute({
  getParentRoute: () => layout,
  path: 'sources/$source',
  component: lazily(() => import('./mailed-place'), 'MailedSource'),
  beforeLoad: signedIn,
})
const application = createRoute({
  getParentRoute: () => layout,
  path: 'partner/application',
  component: lazily(() => import('./application'), 'PartnerApplication'),
})

/** Pages that anyone may open. */
export const publicRoutes = layout.addChildren([
  catalog,
  catalogEntry,
  partners,
  spec,
  application,
  deepLink,
  oldDeepLink,
  mailedDestination,
  mailedSource,
  home,
  login,
  signup,
  forgotPassword,
  resetPassword,
  operator,
  verifyEmail,
  changeEmail,
  invitationsAccept,
  devPortalAccept,
  workspacesNew,
])
