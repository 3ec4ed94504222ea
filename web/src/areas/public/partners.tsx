import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { accountQuery, partnerQuery } from '../../api/queries'
import { LinkButton } from '../../kit/button'
import { Actions } from '../../kit/fields'
import { useTitle } from '../../kit/page'
import css from '../portal/portal.module.css'
import { STEPS } from '../portal/steps'

/** The partner programme: what it is, its steps, what is checked, how long it takes. */
export function Partners() {
  useTitle('Partners')
  const account = useQuery(accountQuery).data
  const partner = useQuery({ ...partnerQuery, enabled: !!account }).data
  return (
    <div className={css.page}>
      <header>
        <h1>Put your product into the catalog.</h1>
        <p className={css.lead}>
          Customers who use your product want its events beside everything else they know. Build a source:
          they add it from the catalog in a minute, paste one key, and your events reach their warehouse and
          their other tools.
        </p>
        <Actions>
          {partner ? (
            <LinkButton to="/dev-portal/integrations" search={{}} look="primary">
              Open the Developer Portal
            </LinkButton>
          ) : (
            <LinkButton to="/partner/application" look="primary">
              Apply
            </LinkButton>
          )}
          <LinkButton to="/catalog" look="quiet">
            See who is there
          </LinkButton>
        </Actions>
      </header>
      <div className={css.two}>
        <section>
          <h2>Six steps</h2>
          <ol className={css.steps}>
            {STEPS.map(({ title, text }) => (
              <li key={title}>
                <strong>{title}</strong>
                <span>{text}</span>
              </li>
            ))}
          </ol>
        </section>
        <div>
          <section className={css.group}>
            <h2>What you get</h2>
            <ul className={css.bullets}>
              <li>a Developer Portal for your team, with everything that is left to do as a checklist</li>
              <li>workspaces to test in, with a debugger that shows every message as it arrived</li>
              <li>a reviewed listing with your logo, your events and your documentation</li>
            </ul>
          </section>
          <section className={css.group}>
            <h2>What we check before you begin</h2>
            <ul className={css.bullets}>
              <li>a real company with a product of its own</li>
              <li>data that people who use such a product would want elsewhere</li>
              <li>a service that can send it, and somebody who supports it</li>
            </ul>
          </section>
          <section className={css.group}>
            <h2>What the review looks at</h2>
            <ul className={css.bullets}>
              <li>
                functionality: the events arrive as declared, and follow <Link to="/docs/spec">the Spec</Link>
              </li>
              <li>catalog info: it says what a customer gets, with a logo and a mark</li>
              <li>documentation: a customer gets from the catalog to the first event by it</li>
            </ul>
          </section>
          <section className={css.group}>
            <h2>How long it takes</h2>
            <ul className={css.bullets}>
              <li>your application: usually one business day</li>
              <li>a review: usually two business days a round</li>
              <li>beta: by default two weeks from approval, then public</li>
            </ul>
          </section>
        </div>
      </div>
    </div>
  )
}
