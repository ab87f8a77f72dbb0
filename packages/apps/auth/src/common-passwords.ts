/**
 * The commonest passwords of eight characters and more, from public lists of what was leaked: the first that anybody
 * tries. Lower case; shorter ones are refused for their length.
 */
const COMMON = new Set(
  `
12345678 123456789 1234567890 12345678910 123456789a 1234567891 123123123 1231231234 1234512345 12341234 1234554321
123654789 123698745 123789456 12344321 12121212 11111111 111111111 1111111111 11223344 112233445566 11112222 22222222
33333333 44444444 55555555 66666666 77777777 88888888 99999999 00000000 000000000 0000000000 0123456789 01234567
012345678 0987654321 098765432 987654321 9876543210 87654321 147258369 147852369 159357456 159753456 789456123
7894561230 741852963 963852741 456789123 321321321 456456456 789789789 987987987 10203040 102030405060 11235813
13131313 19841984 19851985 19861986 19871987 19881988 19891989 19901990 19911991 20002000 20202020 20212021 20222022
20232023 20242024 20252025 20262026 password password1 password12 password123 password1234 password12345 password!
password1! password123! passw0rd passw0rd1 p@ssword p@ssw0rd p@ssw0rd1 p@ssword1 pa$$word pa$$w0rd passwort passwort1
motdepasse contrasena contraseña senha123 wachtwoord qwertyui qwertyuiop qwertyuiop1 qwerty12 qwerty123 qwerty1234
qwerty12345 qwerty123456 qwerty123! qwertz123 qwertzui qwertzuiop azertyui azertyuiop azerty123 1qaz2wsx 1qaz2wsx3edc
1qazxsw2 zaq12wsx zaq1zaq1 zaq1xsw2 qazwsxedc qazwsx123 q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 1q2w3e4r 1q2w3e4r5t
1q2w3e4r5t6y 1qaz1qaz qweasdzxc qweasd123 qweqweqwe qwe123qwe asdfghjk asdfghjkl asdfghjkl1 asdfasdf asdf1234 asd123asd
asdasdasd zxcvbnm1 zxcvbnm123 zxcvbnm, zxcvbnmm poiuytrewq lkjhgfdsa mnbvcxz1 abcd1234 abcd12345 abcdefgh abcdefghi
abcdefg1 abcdefg123 abc12345 abc123456 abc123abc a1b2c3d4 a1b2c3d4e5 a12345678 a123456789 a1234567 aa123456 aa12345678
aaaaaaaa aaaaaaaaaa abababab iloveyou iloveyou1 iloveyou2 iloveyou! iloveme1 lovelove loveyou1 iloveu123 sunshine
sunshine1 princess princess1 football football1 baseball baseball1 basketball superman superman1 batman123 spiderman
starwars starwars1 pokemon1 pokemon123 minecraft fortnite naruto123 liverpool liverpool1 chelsea1 arsenal1 barcelona
manchester juventus realmadrid letmein1 letmein123 letmein! welcome1 welcome12 welcome123 welcome1! welcome123! welcome2
changeme changeme1 changeme123 changeit default1 administrator admin123 admin1234 admin12345 admin123456 administrator1
adminadmin rootroot root1234 toor1234 test1234 test12345 testtest testing1 testing123 tester123 guest123 user1234
username username1 demo1234 temp1234 temporary secret123 topsecret access14 trustno1 trustnoone computer computer1
internet internet1 samsung1 samsung123 iphone123 google123 facebook facebook1 linkedin microsoft windows1 whatever
whatever1 nothing1 something freedom1 michelle jennifer jessica1 michael1 jordan23 charlie1 danielle alexander
alexandra christian christopher elizabeth victoria veronica nicholas patricia samantha stephanie sebastian benjamin
jonathan matthew1 anthony1 andrew123 master123 mastermind dragon123 monkey123 shadow123 killer123 hunter123 hunter2hunter2
hello123 hello1234 hellohello helloworld corvette mustang1 mercedes ferrari1 porsche1 yamaha123 chocolate butterfly
blink182 metallica slipknot babygirl babygirl1 angel123 angels123 summer2023 summer2024 summer2025 summer2026
winter2023 winter2024 winter2025 winter2026 spring2024 spring2025 spring2026 autumn2024 autumn2025 homeport homeport1
homeport123 letmein12345 correcthorsebatterystaple
`
    .trim()
    .split(/\s+/),
);

export const isCommonPassword = (password: string): boolean => COMMON.has(password.toLowerCase());
