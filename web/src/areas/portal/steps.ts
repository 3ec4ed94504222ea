/** What makers do, from applying to public. */
export const STEPS = [
  {
    title: 'Apply',
    text: 'Six questions about your company and your product. An operator answers, usually within a business day.',
  },
  {
    title: 'Build in private',
    text: 'Enter the Developer Portal, create your source, and fill in what customers will read about it.',
  },
  {
    title: 'Prove it on real events',
    text: 'Add it to a workspace of yours, paste its write key into your product, and watch the events arrive.',
  },
  {
    title: 'Submit for review',
    text: 'When every line of the checklist is done. What you submit is frozen, and exactly it is reviewed.',
  },
  {
    title: 'Answer the review',
    text: 'Reviewers use your test account and look at how it works, its listing and its documentation.',
  },
  {
    title: 'Beta, then public',
    text: 'Approved, it stands in every catalog with a Beta badge, and becomes public when its beta is over.',
  },
]
