-- Written for this test in the form of a dump of FreePBX's database.
CREATE TABLE `users` (
  `extension` varchar(20) NOT NULL DEFAULT '',
  `password` varchar(20) DEFAULT NULL,
  `name` varchar(50) DEFAULT NULL,
  PRIMARY KEY (`extension`)
);
INSERT INTO `users` VALUES ('200','','Eva Ebert'),('201','','Otto O\'Hara'),('202',NULL,'Lobby'),('203','','Workshop');
CREATE TABLE `sip` (
  `id` varchar(20) NOT NULL DEFAULT '-1',
  `keyword` varchar(30) NOT NULL DEFAULT '',
  `data` varchar(255) NOT NULL,
  `flags` int(1) NOT NULL DEFAULT '0',
  PRIMARY KEY (`id`,`keyword`)
);
INSERT INTO `sip` VALUES ('200','context','from-internal',2),('200','namedcallgroup','front',3),('200','namedpickupgroup','front,workshop',4),
('201','namedcallgroup','front',2),('201','namedpickupgroup','',3),('201','callgroup','1',4),('202','pickupgroup','1,64',2),
('203','namedcallgroup','workshop',2),('tr-peer-1','context','from-trunk',2);
CREATE TABLE `ringgroups` (
  `grpnum` varchar(20) NOT NULL,
  `strategy` varchar(50) NOT NULL,
  `grplist` varchar(255) NOT NULL,
  `description` varchar(35) NOT NULL
);
INSERT INTO `ringgroups` VALUES ('600','ringall','200-201-0891234567#','Front desk'),('601','ringall','203','');
CREATE TABLE `queues_config` (`extension` varchar(20) NOT NULL, `descr` varchar(35) NOT NULL);
INSERT INTO `queues_config` VALUES ('700','Support');
CREATE TABLE `queues_details` (`id` varchar(45) NOT NULL, `keyword` varchar(30) NOT NULL, `data` varchar(150) NOT NULL, `flags` int NOT NULL);
INSERT INTO `queues_details` VALUES ('700','strategy','ringall',0),('700','member','Local/200@from-queue/n,0',0),('700','member','PJSIP/203,0',1),('700','member','Local/999@from-queue/n,0',2);
CREATE TABLE `userman_users` (`id` int NOT NULL, `username` varchar(150), `default_extension` varchar(45) NOT NULL);
INSERT INTO `userman_users` VALUES (1,'eva','200'),(2,'otto','201'),(3,'admin','none');
CREATE TABLE `userman_groups` (`id` int NOT NULL, `groupname` varchar(150), `users` text);
INSERT INTO `userman_groups` VALUES (1,'All Users','[1,\"2\",3]'),(2,'Empty','[]');
