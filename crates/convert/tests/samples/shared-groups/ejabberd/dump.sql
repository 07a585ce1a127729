-- Written for this test.
CREATE TABLE `sr_group` (`name` varchar(191) NOT NULL, `host` varchar(191) NOT NULL, `opts` text NOT NULL);
INSERT INTO `sr_group` VALUES ('sales','acme.example','[{label,<<\"Sales\">>},{displayed_groups,[<<\"support\">>,<<\"gone\">>]}]'),
('support','acme.example','[{displayed_groups,[<<\"support\">>]}]'),('all','acme.example','[{all_users,true},{displayed_groups,[<<\"sales\">>]}]'),
('else','other.example','[]');
CREATE TABLE `sr_user` (`jid` varchar(191) NOT NULL, `host` varchar(191) NOT NULL, `grp` varchar(191) NOT NULL);
INSERT INTO `sr_user` VALUES ('eva@acme.example','acme.example','sales'),('otto@acme.example','acme.example','support'),
('ida@acme.example','acme.example','support'),('ida@acme.example','acme.example','lost'),('x@other.example','acme.example','sales');
