import { testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

const given = 'northwind.example'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'names who serves DNS, mail and web',
      given,
      dns: `
        northwind.example  NS  ada.ns.cloudflare.com
        northwind.example  NS  ns1.northwind.example
        northwind.example  MX  10 northwind-example.mail.protection.outlook.com
        northwind.example  TXT  v=spf1 include:spf.protection.outlook.com ~include:%{i}.sendgrid.net redirect=_spf.sendgrid.net -all
        northwind.example  TXT  include:mailgun.org
        northwind.example  A  192.0.2.10
        www.northwind.example  CNAME  d1.cloudfront.net
        d1.cloudfront.net  A  192.0.2.11
      `,
      expect: [
        '-provider-> organization:provider:cloudflare-dns|Cloudflare DNS [dns] {"for":"dns","by":"ada.ns.cloudflare.com"}',
        '-provider-> organization:provider:microsoft-365|Microsoft 365 mail [mail] {"for":"mail","by":"northwind-example.mail.protection.outlook.com"}',
        '-provider-> organization:provider:microsoft-365|Microsoft 365 mail [sending mail] {"for":"sending mail","by":"spf.protection.outlook.com"}',
        '-provider-> organization:provider:sendgrid|Twilio SendGrid [sending mail] {"for":"sending mail","by":"_spf.sendgrid.net"}',
        '-provider-> organization:provider:cloudfront|Amazon CloudFront [web] {"for":"web","by":"d1.cloudfront.net"}',
      ],
    },
    {
      name: 'names of several hosts of one provider the same, whichever answers first',
      given,
      dns: `
        northwind.example  CNAME  d2.cloudfront.net
        d2.cloudfront.net  A  192.0.2.12
        www.northwind.example  CNAME  d1.cloudfront.net
        d1.cloudfront.net  A  192.0.2.11
      `,
      expect: [
        '-provider-> organization:provider:cloudfront|Amazon CloudFront [web] {"for":"web","by":"d1.cloudfront.net"}',
      ],
    },
    {
      name: 'takes several domains at once',
      given: ['northwind.example', 'fjordbank.example'],
      dns: `
        northwind.example  NS  ns1.northwind.example
        fjordbank.example  NS  ns-1.awsdns-00.com
        * NXDOMAIN
      `,
      expect: [
        'domain:fjordbank.example -provider-> organization:provider:route53|Amazon Route 53 [dns] {"for":"dns","by":"ns-1.awsdns-00.com"}',
      ],
    },
    { name: 'finds nothing', given, dns: '* NXDOMAIN', expect: [] },
  ],
})
